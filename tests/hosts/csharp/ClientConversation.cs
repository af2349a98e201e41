// Plays a client for tests/hosts/client_talk.py: Checks.exe client_conversation

using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Chatroom;

sealed class ClientConversation
{
    readonly Dictionary<string, string[]> shapes = new Dictionary<string, string[]>();
    readonly List<IntPtr> borrowed = new List<IntPtr>();
    ChatroomClientHost host;
    ChatroomClientConfig config;
    ChatroomClient client;
    byte draws;

    internal unsafe void Run()
    {
        host = new ChatroomClientHost { Send = Send, Tell = Tell, Entropy = Entropy };
        for (var line = Console.ReadLine(); line != null; line = Console.ReadLine())
        {
            var words = line.Split('\t');
            var answer = "none";
            try
            {
                Take(words[0], words.Skip(1).ToArray());
            }
            catch (ChatroomException why)
            {
                answer = ChatroomException.Name(why.Code);
            }
            Say("answer", answer, client == null ? "" : Checks.Snake(client.State.ToString()),
                client != null && client.WantsClose ? "1" : "0");
        }
    }

    static void Say(params string[] words) => Console.WriteLine(string.Join("\t", words));

    static string Hex(ChatroomText text)
    {
        var copy = new byte[text.Size];
        text.CopyTo(copy);
        return Hex(copy);
    }

    static string Hex(byte[] bytes) => BitConverter.ToString(bytes).Replace("-", "");

    void Take(string call, string[] words)
    {
        switch (call)
        {
            case "shape": shapes[words[0]] = words.Skip(1).ToArray(); break;
            case "open": Open(words); break;
            case "reload": Reload(); break;
            case "tick": client.Tick(ulong.Parse(words[0])); break;
            case "connected": client.Connected(); break;
            case "disconnected": client.Disconnected(); break;
            case "in":
                var frame = Conversation.Bytes(words[0]);
                client.Receive(frame, 0, frame.Length);
                break;
            case "submit": Submit(words[0], words.Skip(1)); break;
            case "call":
                Call(words[0], ulong.Parse(words[1]),
                     words.Skip(2).Select(Conversation.Text).ToArray());
                break;
            case "view": View(); break;
            default: throw new InvalidOperationException(call);
        }
    }

    void Open(string[] words)
    {
        if (client != null) client.Dispose();
        object all = new ChatroomClientConfig();
        foreach (var word in words)
        {
            var pair = word.Split('#');
            all.GetType().GetField(Checks.Pascal(pair[0])).SetValue(all, uint.Parse(pair[1]));
        }
        config = (ChatroomClientConfig)all;
        draws = 0;
        client = new ChatroomClient(host, config);
    }

    void Reload()
    {
        var saved = client.Save();
        client.Dispose();
        client = new ChatroomClient(host, config);
        client.Restore(saved);
    }

    void Call(string name, ulong tag, string[] words)
    {
        switch (name)
        {
            case "login": client.Login(words[0], tag); break;
            case "logout": client.Logout(tag); break;
            case "rename": client.Rename(words[0], tag); break;
            case "join": client.Join(words[0], tag); break;
            case "create": client.Create(words[0], tag: tag); break;
            case "leave": client.Leave(words[0], tag); break;
            case "set":
                var property = (ChatroomRoomProperty)Enum.Parse(typeof(ChatroomRoomProperty),
                                                                Checks.Pascal(words[1]));
                client.Set(words[0], property, words[2], tag);
                break;
            case "list_rooms": client.ListRooms(tag); break;
            case "older": client.Older(words[0], tag); break;
            case "see": client.See(words[0]); break;
            case "hold": client.Hold(words[0], words[1] == "1"); break;
            case "refresh": client.Refresh(words[0]); break;
            case "post":
                var kind = words[2] == "emote" ? ChatroomMessageKind.Emote
                                               : ChatroomMessageKind.Text;
                client.Post(words[0], words[1], kind, ulong.Parse(words[3]));
                break;
            case "resend": client.Resend(client.Posts(words[0])[int.Parse(words[1])].Id); break;
            case "discard": client.Discard(client.Posts(words[0])[int.Parse(words[1])].Id); break;
            default: throw new InvalidOperationException(name);
        }
    }

    // ---- A command of any type, from its name and its members

    unsafe void Submit(string name, IEnumerable<string> members)
    {
        var type = (ChatroomCommandType)Enum.Parse(typeof(ChatroomCommandType),
                                                   Checks.Pascal(name));
        var shape = typeof(ChatroomClient).Assembly.GetType(
            "Chatroom.Chatroom" + type + "Command");
        if (shape == null)
        {
            client.Submit(type, null, 0);
            return;
        }
        var command = Activator.CreateInstance(shape);
        foreach (var member in members)
        {
            var at = member.IndexOfAny(new[] { '=', '#' });
            var field = shape.GetField(Checks.Pascal(member.Substring(0, at)));
            field.SetValue(command, Value(field.FieldType, member[at], member.Substring(at + 1)));
        }
        var pinned = GCHandle.Alloc(command, GCHandleType.Pinned);
        try
        {
            client.Submit(type, (void*)pinned.AddrOfPinnedObject(), Marshal.SizeOf(shape));
        }
        finally
        {
            pinned.Free();
            borrowed.ForEach(Marshal.FreeHGlobal);
            borrowed.Clear();
        }
    }

    object Value(Type type, char kind, string word)
    {
        if (kind == '#')
            return type == typeof(ChatroomFlag) ? new ChatroomFlag(word != "0")
                : Convert.ChangeType(ulong.Parse(word), type);
        if (type.IsEnum) return Enum.Parse(type, Checks.Pascal(Conversation.Text(word)));
        return Borrowed(Conversation.Bytes(word));
    }

    unsafe ChatroomText Borrowed(byte[] bytes)
    {
        var copy = Marshal.AllocHGlobal(bytes.Length);
        Marshal.Copy(bytes, 0, copy, bytes.Length);
        borrowed.Add(copy);
        return new ChatroomText((byte*)copy, bytes.Length);
    }

    // ---- What it knows

    void View()
    {
        Say("client", ChatroomException.Name(client.Why), client.User.ToString(), Hex(client.Nick),
            client.Faults.ToString(), Hex(client.Save()));
        var rooms = client.Rooms;
        for (var i = 0; i < rooms.Count; ++i)
        {
            var room = rooms[i];
            SayView("room", room);
            var name = room.Name.ToString();
            var entries = client.Entries(name);
            for (var at = 0; at < entries.Count; ++at) SayView("entry", entries[at]);
            var members = client.Members(name);
            for (var at = 0; at < members.Count; ++at) SayView("member", members[at]);
            var posts = client.Posts(name);
            for (var at = 0; at < posts.Count; ++at)
            {
                SayView("post", posts[at]);
                Say("failed", ChatroomException.Name(posts[at].Failed));
            }
        }
    }

    void SayView(string shape, object view) => Say(new[] { shape }.Concat(shapes[shape].Select(
        member => Word(view.GetType().GetField(Checks.Pascal(member)).GetValue(view)))).ToArray());

    static string Word(object value)
    {
        if (value is ChatroomText) return Hex((ChatroomText)value);
        if (value is ChatroomFlag) return (ChatroomFlag)value ? "1" : "0";
        return value is Enum ? ((Enum)value).ToString("D") : value.ToString();
    }

    // ---- Callbacks

    static void Send(ChatroomText frame) => Say("send", Hex(frame));

    static void Tell(in ChatroomClientChange change) =>
        Say("change", Checks.Snake(change.What.ToString()), Hex(change.Room),
            ChatroomException.Name(change.Why), change.Tag.ToString());

    unsafe bool Entropy(byte* into, int bytes)
    {
        for (var i = 0; i < bytes; ++i) into[i] = (byte)(draws + i);
        ++draws;
        return true;
    }
}
