// Tests of examples/csharp/Chatroom.cs, driven by tests/hosts/languages.py:
//
//     Checks.exe layouts | conversation | frames [waste] | callbacks
//
// and what ClientChecks.cs and ClientConversation.cs have.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Chatroom;

static class Checks
{
    static int checkedCount, failedCount;

    static int Main(string[] words)
    {
        Console.OutputEncoding = new UTF8Encoding(false);
        switch (words.Length == 0 ? "" : words[0])
        {
            case "layouts": Layouts.Print(); return 0;
            case "conversation": new Conversation().Run(); return 0;
            case "frames": return Frames.Run(words.Length > 1);
            case "callbacks": return Callbacks.Run();
            case "client_conversation": new ClientConversation().Run(); return 0;
            case "client_frames": return ClientFrames.Run(words.Length > 1);
            case "client_callbacks": return ClientCallbacks.Run();
            default: return 2;
        }
    }

    internal static void Expect(bool holds, string what)
    {
        ++checkedCount;
        if (holds) return;
        ++failedCount;
        Console.WriteLine("not so: " + what);
    }

    // What nobody holds any more gives its memory back.
    internal static void Forgotten(string what, Func<object> open)
    {
        var handles = new List<WeakReference>();
        for (var i = 0; i < 40; ++i) Forget(handles, open);
        for (var i = 0; i < 5; ++i)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        var alive = handles.Count(handle => handle.IsAlive);
        Expect(alive < 10, "most of 40 forgotten " + what + " are closed, alive: " + alive);
    }

    static void Forget(List<WeakReference> handles, Func<object> open) =>
        handles.Add(new WeakReference(open()));

    internal static void Refused(ChatroomError wanted, Action call, string what)
    {
        try
        {
            call();
            Expect(false, what + " was done");
        }
        catch (ChatroomException why)
        {
            Expect(why.Code == wanted, what + ": " + why.Message);
        }
    }

    internal static int Result()
    {
        Console.WriteLine("{0} checks, {1} failed", checkedCount, failedCount);
        return failedCount != 0 || checkedCount == 0 ? 1 : 0;
    }

    internal static string Snake(string name) => string.Concat(name.Select((c, i) =>
        (char.IsUpper(c) && i != 0 ? "_" : "") + char.ToLowerInvariant(c)));

    internal static string Pascal(string name) => string.Concat(name.Split('_').Select(word =>
        char.ToUpperInvariant(word[0]) + word.Substring(1)));
}

// What the file takes chatroom_c.h to say: structs, members, enumerators, functions.
static class Layouts
{
    internal static void Print()
    {
        var types = typeof(ChatroomEngine).Assembly.GetTypes().Where(type =>
            type.Namespace == "Chatroom" && !type.IsNested).ToList();
        foreach (var type in types)
        {
            if (type.IsEnum) PrintEnumerators(type);
            else if (typeof(Delegate).IsAssignableFrom(type) && type.Name.EndsWith("Fn"))
                PrintFunction(Checks.Snake(type.Name), type.GetMethod("Invoke"));
            else if (type.IsValueType && type != typeof(ChatroomPlace)) PrintStruct(type);
        }
        var native = types.Single(type => type.Name == "ChatroomNative");
        foreach (var method in native.GetMethods(BindingFlags.Static | BindingFlags.NonPublic))
            PrintFunction(method.Name, method);
        var abi = native.GetField("AbiVersion", BindingFlags.Static | BindingFlags.NonPublic);
        Console.WriteLine("constant CHATROOM_ABI_VERSION {0}", abi.GetRawConstantValue());
        Console.WriteLine("constant CHATROOM_HOST {0}", ChatroomEngine.Host);
        Console.WriteLine("constant CHATROOM_ZERO {0}", ChatroomConfig.Zero);
    }

    static void PrintStruct(Type type)
    {
        var name = Checks.Snake(type.Name);
        Console.WriteLine("struct {0} {1}", name, Marshal.SizeOf(type));
        var fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public |
                                    BindingFlags.NonPublic);
        foreach (var field in fields)
            Console.WriteLine("member {0}.{1} {2} {3}", name, Checks.Snake(field.Name),
                              Marshal.OffsetOf(type, field.Name), SizeOf(field));
    }

    static int SizeOf(FieldInfo field)
    {
        var array = field.GetCustomAttribute<FixedBufferAttribute>();
        if (array != null) return array.Length * Marshal.SizeOf(array.ElementType);
        if (field.FieldType.IsPointer) return IntPtr.Size;
        return Marshal.SizeOf(field.FieldType.IsEnum ? Enum.GetUnderlyingType(field.FieldType)
                                                     : field.FieldType);
    }

    static void PrintEnumerators(Type type)
    {
        var group = Checks.Snake(type.Name).ToUpperInvariant();
        if (group.EndsWith("_TYPE")) group = group.Substring(0, group.Length - "_TYPE".Length);
        foreach (var name in Enum.GetNames(type))
            Console.WriteLine("enumerator {0}_{1} {2:D}", group,
                Checks.Snake(name).ToUpperInvariant(), Enum.Parse(type, name));
    }

    static void PrintFunction(string name, MethodInfo method)
    {
        Console.WriteLine("function {0} {1} {2}", name, Kind(method.ReturnType),
            string.Join(",", method.GetParameters().Select(each => Kind(each.ParameterType))));
    }

    static string Kind(Type type)
    {
        if (type.IsEnum) type = Enum.GetUnderlyingType(type);
        if (type.IsPointer || type == typeof(IntPtr)) return "pointer";
        return type == typeof(UIntPtr) ? "size" : type == typeof(byte) ? "u8"
            : type == typeof(uint) ? "u32" : type == typeof(ulong) ? "u64"
            : type == typeof(int) ? "i32" : type == typeof(void) ? "void" : Checks.Snake(type.Name);
    }
}

// Plays a conversation: calls come by lines of words, what they came to goes out by lines.
sealed class Conversation
{
    readonly Dictionary<string, uint> sessions = new Dictionary<string, uint>();
    readonly Dictionary<uint, string> names = new Dictionary<uint, string>();
    readonly byte[] buffer = new byte[65536];
    ChatroomEngine chat;
    string connecting;
    byte calls;

    internal void Run()
    {
        for (var line = Console.ReadLine(); line != null; line = Console.ReadLine())
        {
            var words = line.Split('\t');
            var answer = "none";
            try
            {
                answer = Take(words[0], words.Skip(1).ToArray());
            }
            catch (ChatroomException why)
            {
                answer = ChatroomException.Name(why.Code);
            }
            Console.WriteLine("answer\t" + answer);
        }
    }

    internal static byte[] Bytes(string hex) => Enumerable.Range(0, hex.Length / 2).Select(i =>
        Convert.ToByte(hex.Substring(2 * i, 2), 16)).ToArray();

    internal static string Text(string hex) => Encoding.UTF8.GetString(Bytes(hex));

    static string Answer(bool good, string otherwise) => good ? "none" : otherwise;

    string Take(string call, string[] words)
    {
        switch (call)
        {
            case "open":
                Open(words);
                return "none";
            case "tick":
                chat.Tick(ulong.Parse(words[0]), words[1] == "1");
                return "none";
            case "connect":
                Connect(words[0], uint.Parse(words[1]), Text(words[2]), Text(words[3]));
                return "none";
            case "in":
                var frame = Bytes(words[1]);
                return Answer(chat.Receive(sessions[words[0]], frame, 0, frame.Length), "paused");
            case "pause": return Answer(chat.Pause(sessions[words[0]]), "session_unknown");
            case "unpause": return Answer(chat.Unpause(sessions[words[0]]), "session_unknown");
            case "disconnect":
                return Answer(chat.Disconnect(sessions[words[0]]), "session_unknown");
            case "host":
                Command(words[0], ulong.Parse(words[1]), words.Skip(2).ToDictionary(
                    word => word.Split('=')[0], word => Text(word.Split('=')[1])));
                return "none";
            default: throw new InvalidOperationException(call);
        }
    }

    unsafe void Open(string[] words)
    {
        object config = new ChatroomConfig();
        foreach (var word in words)
        {
            var pair = word.Split('=');
            typeof(ChatroomConfig).GetField(Checks.Pascal(pair[0])).SetValue(config,
                                                                             uint.Parse(pair[1]));
        }
        var host = new ChatroomHost { Send = Send, Entropy = Entropy };
        chat = new ChatroomEngine(host, (ChatroomConfig)config);
    }

    void Connect(string name, uint frameBytesMax, string user, string nick)
    {
        connecting = name;
        sessions[name] = 0;
        sessions[name] = chat.Connect(ChatroomWire.Json, 0, user, nick, frameBytesMax);
        names[sessions[name]] = name;
    }

    void Command(string op, ulong user, Dictionary<string, string> members)
    {
        const uint by = ChatroomEngine.Host;
        Func<string, string> Member = name => members.ContainsKey(name) ? members[name] : null;
        var room = Member("room");
        switch (op)
        {
            case "create":
                chat.Create(by, room, Member("title"), Member("topic"), 0,
                            Member("persistent") == "1", Member("managed") == "1", user);
                break;
            case "destroy": chat.Destroy(room); break;
            case "join": chat.Join(by, room, 0, user); break;
            case "leave": chat.Leave(by, room, user); break;
            case "nick": chat.Nick(by, Member("nick"), user); break;
            case "post": chat.Post(by, room, Member("text"), user: user); break;
            case "set":
                var property = Checks.Pascal(Member("property"));
                chat.Set(by, room, (ChatroomRoomProperty)Enum.Parse(typeof(ChatroomRoomProperty),
                                                                    property),
                         Member("value"), user);
                break;
            default: throw new InvalidOperationException(op);
        }
    }

    void Send(ChatroomRecipients to, ChatroomEvent what, ChatroomText frame)
    {
        frame.CopyTo(buffer);
        var hex = BitConverter.ToString(buffer, 0, frame.Size).Replace("-", "");
        foreach (var each in to)
        {
            string name;
            if (!names.TryGetValue(each.Session, out name)) name = connecting;
            Console.WriteLine("out\t" + name + "\t" + hex);
        }
    }

    unsafe bool Entropy(byte* into, int bytes)
    {
        for (var i = 0; i < bytes; ++i) into[i] = (byte)(calls + i);
        ++calls;
        return true;
    }
}

// Frames in and out must leave nothing for the garbage collector.
static class Frames
{
    const int Count = 20000;

    static readonly byte[] sent = new byte[8192];
    static readonly byte[] post = Encoding.UTF8.GetBytes(
        "{\"op\":\"post\",\"room\":\"lobby\",\"text\":\"grüße\"}");
    static readonly byte[] ping = Encoding.UTF8.GetBytes("{\"op\":\"ping\"}");
    static bool waste;
    static long frames, bytes, events, observed, records;

    internal static int Run(bool wasting)
    {
        waste = wasting;
        var host = new ChatroomHost { Send = Send, Observe = Observe, Log = Log };
        var config = new ChatroomConfig { RoomMessagesMax = 100 };
        using (var chat = new ChatroomEngine(host, config))
        {
            chat.Tick(1700000000000);
            var sessions = new uint[4];
            for (var i = 0; i < sessions.Length; ++i)
            {
                var wire = i < 3 ? ChatroomWire.Json : ChatroomWire.Typed;
                sessions[i] = chat.Connect(wire, (ulong)i);
                chat.Guest(sessions[i], "user" + i);
                chat.Join(sessions[i], "lobby");
            }
            Turn(chat, sessions, 2000);              // What the runtime makes once, it has made.
            frames = events = observed = records = 0;
            var collections = GC.CollectionCount(0);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Turn(chat, sessions, Count);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Console.WriteLine("{0} frames, {1} typed events, {2} commands, {3} records: " +
                "{4} bytes allocated, {5} collections", frames, events, observed, records,
                allocated, GC.CollectionCount(0) - collections);
            Checks.Expect(frames >= 4 * Count && events >= 2 * Count, "frames were sent");
            Checks.Expect(observed >= 2 * Count && records >= 2 * Count, "records were stored");
            Checks.Expect(bytes != 0, "the frames were read");
            Checks.Expect(allocated == 0, "nothing is allocated");
        }
        return Checks.Result();
    }

    static void Turn(ChatroomEngine chat, uint[] sessions, int count)
    {
        for (var i = 0; i < count; ++i)
        {
            chat.Tick(1700000000000 + (ulong)i);
            chat.Receive(sessions[i % 3], post, 0, post.Length);
            chat.Receive(sessions[i % 3], ping, 0, ping.Length);
            chat.Post(sessions[3], "lobby", "hello", ChatroomMessageKind.Emote);
            chat.Pause(sessions[1]);
            chat.Unpause(sessions[1]);
            bytes += (long)chat.NextTick;
        }
    }

    static void Send(ChatroomRecipients to, ChatroomEvent what, ChatroomText frame)
    {
        if (waste) GC.KeepAlive(new object());
        frame.CopyTo(sent);
        foreach (var each in to)
        {
            if (each.Tag == 3 && what.Type == ChatroomEventType.Message)
            {
                what.Message.Text.CopyTo(sent);
                bytes += (long)what.Message.Number;
                ++events;
            }
            else if (frame.Size != 0) ++frames;
        }
    }

    static void Observe(in ChatroomObservation seen)
    {
        bytes += (long)seen.Number;
        ++observed;
    }

    static ChatroomStored Log(ChatroomText record, ulong number)
    {
        record.CopyTo(sent);
        ++records;
        return ChatroomStored.Yes;
    }
}

// What callbacks may do, and what becomes of their exceptions.
static class Callbacks
{
    sealed class Thrown : Exception { }

    static ChatroomEngine Open(ChatroomHost host)
    {
        if (host.Send == null) host.Send = (to, what, frame) => { };
        var chat = new ChatroomEngine(host);
        chat.Tick(1700000000000);
        return chat;
    }

    static uint Guest(ChatroomEngine chat, string nick, ChatroomWire wire = ChatroomWire.Typed)
    {
        var session = chat.Connect(wire);
        chat.Guest(session, nick);
        chat.Join(session, "lobby");
        return session;
    }

    internal static int Run()
    {
        Exceptions();
        ThrowsWhereAnswersCount();
        Queued();
        ClosedInside();
        Refusals();
        Resuming();
        Reads();
        Migration();
        Checks.Forgotten("engines", () =>
        {
            var chat = Open(new ChatroomHost());
            Guest(chat, "alice");
            return chat;
        });
        return Checks.Result();
    }

    static void Exceptions()
    {
        Exception mine = null;
        var calls = 0;
        ChatroomEngine chat = null;
        var host = new ChatroomHost();
        host.Send = (to, what, frame) =>
        {
            if (mine == null) return;
            ++calls;
            chat.Pause(0);                 // Must not throw what is kept: C is on the stack.
            throw mine;
        };
        using (chat = Open(host))
        {
            var alice = Guest(chat, "alice");
            var bob = chat.Connect(ChatroomWire.Json);
            chat.Guest(bob, "bob");
            chat.Join(bob, "lobby");
            mine = new Thrown();
            Exception got = null;
            try
            {
                chat.Post(alice, "lobby", "hello");
            }
            catch (Exception why)
            {
                got = why;
            }
            Checks.Expect(calls == 2, "two codecs, two calls of Send: " + calls);
            Checks.Expect(got == mine, "the exception comes out of the outer call");
            mine = null;
            Checks.Expect(chat.Post(alice, "lobby", "again").Number == 2, "it was carried out");
        }
    }

    static unsafe void ThrowsWhereAnswersCount()
    {
        var entropies = 0;
        var host = new ChatroomHost
        {
            Observe = delegate(in ChatroomObservation seen)
            {
                if (seen.Why == ChatroomError.MemberMissing) throw new Thrown();
            },
            Log = (record, number) =>
            {
                if (entropies == 1) throw new Thrown();
                return ChatroomStored.Yes;
            },
            Entropy = (into, bytes) =>
            {
                if (++entropies == 3) throw new Thrown();
                for (var i = 0; i < bytes; ++i) into[i] = (byte)i;
                return true;
            }
        };
        ChatroomEngine chat = null;
        Throws(() => Open(host), "the log, at the first tick");
        entropies = 1;
        host.Log = null;
        using (chat = Open(host))
        {
            var session = chat.Connect(ChatroomWire.Typed);
            Throws(() => chat.Guest(session, "alice"), "entropy");
            Checks.Expect(chat.Guest(session, "alice").User != 0, "it was refused, and works now");
            Throws(() => chat.Nick(session, ""), "observe");
        }
    }

    static void Throws(Action call, string what)
    {
        try
        {
            call();
            Checks.Expect(false, "an exception inside " + what + " was lost");
        }
        catch (Thrown)
        {
            Checks.Expect(true, what);
        }
    }

    static void Queued()
    {
        ulong ticket = 0, seenTicket = 0, number = 0;
        ChatroomEngine chat = null;
        uint alice = 0;
        var host = new ChatroomHost();
        host.Send = (to, what, frame) =>
        {
            GC.Collect();                  // What native code holds must live on.
            if (what.Type == ChatroomEventType.Message && ticket == 0)
                ticket = chat.Post(alice, "lobby", "from inside").Ticket;
        };
        host.Observe = delegate(in ChatroomObservation seen)
        {
            if (ticket == 0 || seen.Ticket != ticket) return;
            seenTicket = seen.Ticket;
            number = seen.Number;
        };
        using (chat = Open(host))
        {
            alice = Guest(chat, "alice");
            chat.Post(alice, "lobby", "hello");
            Checks.Expect(ticket != 0 && seenTicket == ticket, "the outcome came by its ticket");
            Checks.Expect(number == 2, "and with the number of the message");
        }
    }

    static void ClosedInside()
    {
        ChatroomEngine chat = null;
        var armed = false;
        var host = new ChatroomHost();
        host.Send = (to, what, frame) =>
        {
            if (!armed) return;
            armed = false;
            Checks.Refused(ChatroomError.InsideCallback, chat.Dispose, "Dispose inside a callback");
        };
        chat = Open(host);
        var alice = Guest(chat, "alice");
        armed = true;
        chat.Post(alice, "lobby", "hello");
        Checks.Expect(!armed && chat.Pause(alice), "it stays open");
        chat.Dispose();
        chat.Dispose();
        var disposed = false;
        try
        {
            chat.Tick(1700000000001);
        }
        catch (ObjectDisposedException)
        {
            disposed = true;
        }
        Checks.Expect(disposed, "a disposed engine says so");
    }

    static void Refusals()
    {
        using (var chat = Open(new ChatroomHost()))
        {
            var alice = Guest(chat, "alice", ChatroomWire.Json);
            var frame = Encoding.UTF8.GetBytes("x{\"op\":\"ping\"}x");
            Checks.Expect(chat.Receive(alice, frame, 1, frame.Length - 2), "a part of an array");
            chat.Pause(alice);
            Checks.Expect(!chat.Receive(alice, frame, 1, frame.Length - 2), "not while paused");
            Checks.Expect(chat.Unpause(alice) && !chat.Unpause(alice + 99), "sessions that end");
            Checks.Refused(ChatroomError.SessionUnknown, () => chat.Receive(99, frame, 0, 1), "99");
            var host = new ChatroomHost { Send = (to, what, bytes) => { } };
            var config = new ChatroomConfig { PageBytes = 7 };
            Checks.Refused(ChatroomError.ConfigInvalid, () => new ChatroomEngine(host, config),
                           "a page of 7 bytes");
            try
            {
                chat.Post(alice, "lobby", new string('é', 100000));
                Checks.Expect(false, "a text of 200,000 bytes was taken");
            }
            catch (ChatroomException why)
            {
                Checks.Expect(why.Code == ChatroomError.MemberTooLong && why.Field == "text" &&
                              why.Limit == 2000 && why.Value == 200000, why.Message + why.Value);
            }
            Checks.Refused(ChatroomError.NumberOutOfRange,
                           () => chat.Configure("room_capacity", 0), "a capacity of 0");
            Checks.Expect(ChatroomException.Name((ChatroomError)12345) == "unknown", "no error");
            Checks.Expect(ChatroomEngine.Version.Split('.').Length == 3, ChatroomEngine.Version);
            Checks.Expect(ChatroomEngine.Now > 1700000000000, "the time of the system");
        }
    }

    static void Resuming()
    {
        var joined = new List<string>();
        var host = new ChatroomHost
        {
            Send = (to, what, frame) =>
            {
                if (what.Type == ChatroomEventType.Joined)
                    joined.Add(what.Joined.Room + " " + what.Joined.Resume + " " +
                               what.Joined.From);
                if (what.Type == ChatroomEventType.Message)
                    joined.Add(what.Message.Text.ToString());
            }
        };
        using (var chat = Open(host))
        {
            var alice = Guest(chat, "alice");
            var id = chat.Room(alice, "lobby").Id;
            chat.Post(alice, "lobby", "one");
            var token = chat.Token(alice).Token;
            chat.Disconnect(alice);
            chat.Post(ChatroomEngine.Host, "lobby", "two");
            joined.Clear();
            var again = chat.Connect(ChatroomWire.Typed);
            chat.Resume(again, token, new ChatroomPlace { Room = "lobby", After = 1, Id = id },
                        new ChatroomPlace { Room = "gone", After = 7, Id = 99 });
            Checks.Expect(string.Join(", ", joined) == "lobby Continues 2, two",
                          string.Join(", ", joined));
            Checks.Expect(chat.Logout(again).User == 0, "nobody after logout");
        }
    }

    static void Reads()
    {
        using (var chat = Open(new ChatroomHost()))
        {
            var alice = Guest(chat, "alice");
            chat.Create(ChatroomEngine.Host, "den", "The den", "Dark", 7, true, true);
            chat.Set(ChatroomEngine.Host, "den", ChatroomRoomProperty.Topic, "Darker");
            for (var i = 0; i < 5; ++i) chat.Post(alice, "lobby", "message " + i);
            var rooms = chat.Rooms(ChatroomEngine.Host);
            Checks.Expect(rooms.Rooms.Count == 2 && rooms.Complete, "two rooms");
            Checks.Expect(rooms.Rooms[1].Managed && rooms.Rooms[1].Capacity == 7, "the den");
            var den = chat.Room(ChatroomEngine.Host, "den");
            Checks.Expect(den.Topic.ToString() == "Darker" && den.Persistent, "its topic");
            var members = chat.Members(alice, "lobby");
            Checks.Expect(members.Members.Count == 1 && members.Members[0].Online &&
                          members.Members[0].Nick.ToString() == "alice", "one member");
            var page = chat.History(alice, "lobby", ChatroomSelector.Between, 2, 5, 100);
            Checks.Expect(page.Messages.Count == 2 && page.Messages[0].Number == 3 &&
                          page.Messages[1].Text.ToString() == "message 3", "two messages");
            var outside = false;
            try
            {
                Checks.Expect(page.Messages[2].Number == 0, "a third message");
            }
            catch (ArgumentOutOfRangeException)
            {
                outside = true;
            }
            Checks.Expect(outside, "a list has bounds");
            Checks.Refused(ChatroomError.RoomUnknown, () => chat.History(alice, "den"), "the den");
        }
    }

    static void Migration()
    {
        var log = new List<byte>();
        var host = new ChatroomHost
        {
            Log = (record, number) =>
            {
                var copy = new byte[record.Size];
                record.CopyTo(copy);
                log.AddRange(copy);
                return ChatroomStored.Yes;
            }
        };
        var silent = new ChatroomHost { Send = (to, what, frame) => { } };
        using (var chat = Open(host))
        using (var restored = new ChatroomEngine(silent))
        using (var recovered = new ChatroomEngine(silent))
        {
            chat.Post(Guest(chat, "alice"), "lobby", "hello");
            restored.Restore(chat.Snapshot());
            Checks.Expect(restored.Digest().SequenceEqual(chat.Digest()), "by a snapshot");
            ulong records, bytes;
            log.Add(log[0]);
            var why = recovered.Recover(log.ToArray(), out records, out bytes);
            Checks.Expect(why == ChatroomError.LogTorn && records >= 4 &&
                          bytes == (ulong)log.Count - 1, "a torn log");
            Checks.Expect(recovered.Digest().SequenceEqual(chat.Digest()), "by its log");
            Checks.Expect(chat.Snapshot(ChatroomScope.Migration).Length < chat.Snapshot().Length,
                          "without secrets");
            Checks.Refused(ChatroomError.RecordInvalid, () => chat.Commit(new byte[] { 1, 2, 3 }),
                           "three bytes");
            Checks.Refused(ChatroomError.InvalidArgument, () => chat.Abandon(99), "record 99");
        }
    }
}
