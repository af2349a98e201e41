// The client half of chatroom for C#: what a player's machine needs. Copy this file beside
// Chatroom.cs, whose heading tells the rest: where the library goes, callbacks, exceptions.
//
//     var client = new ChatroomClient(new ChatroomClientHost { Send = ..., Tell = ... });
//     client.Login("alice");                          // now, or as soon as it can be
//     client.Connected();                             // there is a connection, a new one
//     client.Receive(bytes, 0, count);                // a frame, as it came from the network
//     client.Tick(ChatroomEngine.Now);                // once a frame: the client has no clock
//     client.Join("lobby");
//     client.Post("lobby", "hello");
//     var said = client.Entries("lobby");             // what there is to draw
//     for (int i = 0; i < said.Count; ++i) Draw(said[i].Nick, said[i].Text);
//
// The client has no network either: your game connects, hands over each frame, tells of the end by
// Disconnected, and connects again. The client does the rest: it logs in again as the same user,
// comes back into its rooms, reads what was missed, and says every post once. Frames are JSON in
// UTF-8. Names are those of chatroom_client_... in chatroom_c.h, so that header is the manual.
//
// THREADS. One at a time in one client: call it from the game's main loop. Network threads put what
// arrived into a queue that the main loop empties.
//
// CALLBACKS. Send takes a frame to the network; Tell hears, at the end of a call, what has changed.
// You need not keep them alive, only the client itself: native code holds static methods, as is
// told in Chatroom.cs, and these find the client. Receive, Restore and Dispose are not for inside
// Tell. What a callback throws, the outer call throws.
//
// LIFETIME. The texts of a change live until Tell returns, those of a frame until Send does; those
// of rooms, entries, members and posts until the next call that changes something. ToString() makes
// a copy that stays. Nothing is allocated for frames and changes, nor by reading what there is.
//
// ERRORS. A call that is refused is a ChatroomException: nothing happened, and nothing comes. One
// with a tag that is taken ends with a change Done, which brings the tag and what the server said.
//
// MIT License, Copyright (c) 2026 the chatroom authors; the text is at the end of chatroom_c.h.

using System;
using System.Runtime.InteropServices;

namespace Chatroom
{
    // As in Chatroom.cs, it is native code that fills the structs in.
#pragma warning disable 0169, 0649

    // ---- What a client is told -----------------------------------------------------------------

    /// <summary>How much a client can hold, and how it goes about its work; 0: the default, and
    /// ChatroomConfig.Zero a real 0.</summary>
    public struct ChatroomClientConfig
    {
        internal uint StructSize;
        public uint RoomsMax, EntriesMax, TextBytesMax, MembersMax, PostsMax, PostBytesMax;
        public uint AsksMax, AskBytesMax, CommandsMax, FrameBytesMax, NickBytesMax;
        public uint RoomNameBytesMax, TitleBytesMax, TopicBytesMax;
        public uint JoinHistory, FillMax, MembersPauseMs, PingMs;
    }

    /// <summary>Takes a frame to the server. A server in the same program may answer at once: it
    /// may call Receive inside.</summary>
    public delegate void ChatroomClientSend(ChatroomText frame);

    /// <summary>Hears of a change, at the end of the call that made it.</summary>
    public delegate void ChatroomClientTell(in ChatroomClientChange change);

    /// <summary>What the client takes from the game. Only Send is mandatory; without Entropy it is
    /// the operating system's.</summary>
    public sealed class ChatroomClientHost
    {
        public ChatroomClientSend Send;
        public ChatroomClientTell Tell;
        public ChatroomEntropy Entropy;
    }

    // ---- What a client tells -------------------------------------------------------------------

    public enum ChatroomClientState : uint
    {
        Offline = 0, Connecting = 1, Login = 2, Online = 3, Ended = 4
    }

    /// <summary>A room that the user is in.</summary>
    public readonly struct ChatroomClientRoomView
    {
        public readonly ChatroomText Name, Title, Topic;
        public readonly ChatroomText Rights;           // of "post leave set"
        public readonly ulong Id, Owner;
        public readonly uint Capacity, Count;
        public readonly ulong Roster, Begin, Last, Seen;
        public readonly uint Unread;
        public readonly ChatroomFlag Persistent, Managed, Live, MembersKnown, Complete, Loading;
    }

    public enum ChatroomClientEntryKind : byte { Message = 0, Gap = 1, Hole = 2 }

    /// <summary>A message of a room, or a stretch of them that is not here: from Number to To.
    /// </summary>
    public readonly struct ChatroomClientEntryView
    {
        public readonly ChatroomClientEntryKind What;
        public readonly ChatroomMessageKind Kind;
        public readonly uint Bytes;                    // not 0: too long to be told or kept
        public readonly ulong Number, To, Time, User, ReplyTo;
        public readonly ChatroomText Nick, Text;
    }

    public readonly struct ChatroomClientMemberView
    {
        public readonly ulong User;
        public readonly ChatroomText Nick;
        public readonly ChatroomFlag Online;
    }

    /// <summary>A post that waits until its message is in the room, or has failed.</summary>
    public readonly struct ChatroomClientPostView
    {
        public readonly ulong Id;                      // as Post answered
        public readonly ChatroomText Text;
        public readonly ulong ReplyTo, Time;
        public readonly ChatroomError Failed;          // None while it waits
        public readonly ChatroomMessageKind Kind;
        public readonly ulong Limit, RetryMs;
    }

    public enum ChatroomClientNews : uint
    {
        None = 0, State = 1, Room = 2, Reset = 3, Append = 4, Prepend = 5, Gap = 6, Trim = 7,
        Members = 8, Posts = 9, Listed = 10, Done = 11, Close = 12
    }

    /// <summary>A change. All of it lives until Tell returns.</summary>
    public readonly unsafe struct ChatroomClientChange
    {
        public readonly ChatroomClientNews What;
        public readonly ChatroomError Why;             // of Done
        public readonly ChatroomCommandType Command;   // of Done: which it was
        public readonly ChatroomText Room;
        public readonly ulong Tag;                     // of Listed and Done
        readonly ChatroomOkEvent* reply;
        readonly ChatroomFailureEvent* refusal;
        readonly ChatroomRoomItem* item;

        /// <summary>Of Done: what the server said; all 0 unless it said ok.</summary>
        public ChatroomOkEvent Reply => reply != null ? *reply : default(ChatroomOkEvent);

        /// <summary>Of Done: why the server refused; all 0 unless it did.</summary>
        public ChatroomFailureEvent Refusal =>
            refusal != null ? *refusal : default(ChatroomFailureEvent);

        /// <summary>Of Listed: the room.</summary>
        public ChatroomRoomItem Item => item != null ? *item : default(ChatroomRoomItem);
    }

    // ---- The client ----------------------------------------------------------------------------

    /// <summary>A player's side of a chat, without a network of its own.</summary>
    public sealed unsafe class ChatroomClient : ChatroomObject
    {
        readonly ChatroomClientHost host;

        public ChatroomClient(ChatroomClientHost host,
                              ChatroomClientConfig config = default(ChatroomClientConfig))
            : base(host?.Entropy)
        {
            if (host == null || host.Send == null) throw new ArgumentNullException("host.Send");
            this.host = host;
            var all = new ChatroomClientEnvironment
            {
                StructSize = (uint)sizeof(ChatroomClientEnvironment)
            };
            all.SendContext = all.TellContext = all.EntropyContext = Context;
            all.Send = Marshal.GetFunctionPointerForDelegate(send);
            if (host.Tell != null) all.Tell = Marshal.GetFunctionPointerForDelegate(tell);
            all.Entropy = Entropy;
            config.StructSize = (uint)sizeof(ChatroomClientConfig);
            IntPtr opened;
            var why = ChatroomNative.chatroom_client_open(&config, &all, &opened);
            Native = opened;
            Check(why);
        }

        internal override ChatroomError CloseNative(IntPtr client) =>
            ChatroomNative.chatroom_client_close(client);

        // ---- The connection and the time

        /// <summary>There is a connection, a new one. The server speaks first.</summary>
        public void Connected() => Check(ChatroomNative.chatroom_client_connected(Native));

        /// <summary>The connection is gone. What was under way is done: ConnectionLost.</summary>
        public void Disconnected() => Check(ChatroomNative.chatroom_client_disconnected(Native));

        /// <summary>Takes a frame as it came. One that makes no sense is counted: Faults.</summary>
        public void Receive(byte[] frame, int at, int count)
        {
            CheckPart(frame, at, count);
            fixed (byte* data = frame)
                Receive(new ChatroomText(data + at, count));
        }

        /// <summary>From a server in the same program.</summary>
        public void Receive(ChatroomText frame) => Check(ChatroomNative.chatroom_client_receive(
            Native, frame.Data, (UIntPtr)(uint)frame.Size));

        /// <summary>Tells the time, in Unix milliseconds, and does what is due.</summary>
        public void Tick(ulong nowMs) => Check(ChatroomNative.chatroom_client_tick(Native, nowMs));

        /// <summary>How many milliseconds the client can be left alone.</summary>
        public ulong NextTick => ChatroomNative.chatroom_client_next_tick(Native);

        /// <summary>The connection is of no more use: close it, and tell so by Disconnected.
        /// </summary>
        public bool WantsClose => ChatroomNative.chatroom_client_wants_close(Native) != 0;

        // ---- Who the user is

        /// <summary>Logs in as a guest, now or as soon as there is a connection.</summary>
        public void Login(string nick, ulong tag = 0)
        {
            using (var name = new Utf8(nick))
                Check(ChatroomNative.chatroom_client_login(Native, name.Text, tag));
        }

        /// <summary>Logs out and forgets everything.</summary>
        public void Logout(ulong tag = 0) =>
            Check(ChatroomNative.chatroom_client_logout(Native, tag));

        public void Rename(string nick, ulong tag = 0)
        {
            using (var name = new Utf8(nick))
                Check(ChatroomNative.chatroom_client_rename(Native, name.Text, tag));
        }

        public ChatroomClientState State => ChatroomNative.chatroom_client_state(Native);

        /// <summary>Why the last login or connection failed; None while all is well.</summary>
        public ChatroomError Why => ChatroomNative.chatroom_client_why(Native);

        public ulong User => ChatroomNative.chatroom_client_user(Native);
        public ChatroomText Nick => ChatroomNative.chatroom_client_nick(Native);

        /// <summary>What the server's last welcome told, without its features.</summary>
        public ChatroomWelcomeEvent Limits
        {
            get
            {
                ChatroomWelcomeEvent limits;
                Check(ChatroomNative.chatroom_client_limits(Native, &limits));
                return limits;
            }
        }

        /// <summary>Frames that made no sense.</summary>
        public ulong Faults => ChatroomNative.chatroom_client_faults(Native);

        // ---- Rooms

        /// <summary>Joins a room; done when it is there, and Done then names it as the server keeps
        /// it.</summary>
        public void Join(string room, ulong tag = 0)
        {
            using (var name = new Utf8(room))
                Check(ChatroomNative.chatroom_client_join(Native, name.Text, tag));
        }

        /// <summary>Creates a room and joins it; done when it is there.</summary>
        public void Create(string room, string title = null, string topic = null, uint capacity = 0,
                           bool persistent = false, bool managed = false, ulong tag = 0)
        {
            using (var name = new Utf8(room))
            using (var shown = new Utf8(title))
            using (var about = new Utf8(topic))
            {
                var what = new ChatroomCreateCommand
                {
                    Room = name.Text, Title = shown.Text, Topic = about.Text, Capacity = capacity,
                    Persistent = persistent, Managed = managed
                };
                Check(ChatroomNative.chatroom_client_create(Native, &what, tag));
            }
        }

        public void Leave(string room, ulong tag = 0)
        {
            using (var name = new Utf8(room))
                Check(ChatroomNative.chatroom_client_leave(Native, name.Text, tag));
        }

        public void Set(string room, ChatroomRoomProperty property, string value, ulong tag = 0)
        {
            using (var name = new Utf8(room))
            using (var text = new Utf8(value))
            {
                var what = new ChatroomSetCommand
                {
                    Room = name.Text, Property = property, Value = text.Text
                };
                Check(ChatroomNative.chatroom_client_set(Native, &what, tag));
            }
        }

        /// <summary>Reads the list of rooms, all pages: Listed comes for each, then Done.</summary>
        public void ListRooms(ulong tag = 0) =>
            Check(ChatroomNative.chatroom_client_list_rooms(Native, tag));

        /// <summary>Reads one page above what is loaded; done at once when there is none.</summary>
        public void Older(string room, ulong tag = 0)
        {
            using (var name = new Utf8(room))
                Check(ChatroomNative.chatroom_client_older(Native, name.Text, tag));
        }

        /// <summary>Keeps the oldest entries of a room while a person looks at them.</summary>
        public void Hold(string room, bool held)
        {
            using (var name = new Utf8(room))
                Check(ChatroomNative.chatroom_client_hold(Native, name.Text, held ? 1 : 0));
        }

        /// <summary>Reads a room's members again, since no notice tells who is online.</summary>
        public void Refresh(string room)
        {
            using (var name = new Utf8(room))
                Check(ChatroomNative.chatroom_client_refresh(Native, name.Text));
        }

        /// <summary>The person has seen all of a room.</summary>
        public void See(string room)
        {
            using (var name = new Utf8(room))
                Check(ChatroomNative.chatroom_client_see(Native, name.Text));
        }

        // ---- Posts

        /// <summary>Says something, now or as soon as it can be: the id by which it stands among
        /// the room's posts until its message is in the room.</summary>
        public ulong Post(string room, string text,
                          ChatroomMessageKind kind = ChatroomMessageKind.Text, ulong replyTo = 0)
        {
            using (var name = new Utf8(room))
            using (var said = new Utf8(text))
            {
                ulong id;
                Check(ChatroomNative.chatroom_client_post(Native, name.Text, said.Text, kind,
                                                          replyTo, &id));
                return id;
            }
        }

        /// <summary>Sends a failed post again.</summary>
        public void Resend(ulong post) =>
            Check(ChatroomNative.chatroom_client_resend(Native, post));

        /// <summary>Forgets a failed post.</summary>
        public void Discard(ulong post) =>
            Check(ChatroomNative.chatroom_client_discard(Native, post));

        /// <summary>Sends a command of any type but Resume, which is the client's own business.
        /// </summary>
        public void Submit(ChatroomCommandType type, void* body, int bytes, ulong tag = 0)
        {
            var what = new ChatroomCommand { Type = type, Bytes = (UIntPtr)(uint)bytes };
            what.Body = body;
            Check(ChatroomNative.chatroom_client_submit(Native, &what, tag));
        }

        /// <summary>Does what a person typed into the text box of a room: says it or, with a slash
        /// before it, carries out a command, as in /me waves and /nick anna. false: it was /help.
        /// </summary>
        public bool Type(string room, string line, ulong tag = 0)
        {
            using (var name = new Utf8(room))
            using (var typed = new Utf8(line))
            {
                var parsed = new ChatroomParsedLine { StructSize = (uint)sizeof(ChatroomParsedLine) };
                var why = ChatroomNative.chatroom_parse_line(name.Text, typed.Text, &parsed);
                if (why != ChatroomError.None) throw new ChatroomException(why, in parsed.Refusal);
                if (parsed.Command.Type == ChatroomCommandType.Post)
                {
                    var said = (ChatroomPostCommand*)parsed.Command.Body;
                    ulong id;
                    Check(ChatroomNative.chatroom_client_post(Native, said->Room, said->Text,
                                                              said->Kind, said->ReplyTo, &id));
                }
                else if (parsed.Command.Type != ChatroomCommandType.None)
                {
                    Check(ChatroomNative.chatroom_client_submit(Native, &parsed.Command, tag));
                }
                return !parsed.Help;
            }
        }

        // ---- Reads. What is of a room that the user is not in is empty.

        public RoomList Rooms => new RoomList(this);

        /// <summary>false: the user is not in it.</summary>
        public bool Room(string name, out ChatroomClientRoomView room)
        {
            using (var text = new Utf8(name)) return Room(text.Text, out room);
        }

        public bool Room(ChatroomText name, out ChatroomClientRoomView room)
        {
            ChatroomClientRoomView found;
            var there = Found(ChatroomNative.chatroom_client_room(Native, name, &found));
            room = there ? found : default(ChatroomClientRoomView);
            return there;
        }

        /// <summary>Messages, and what is missing between them, in order.</summary>
        public EntryList Entries(string room) => new EntryList(this, Kept(room));
        public EntryList Entries(ChatroomText room) => new EntryList(this, room);

        /// <summary>In no order.</summary>
        public MemberList Members(string room) => new MemberList(this, Kept(room));
        public MemberList Members(ChatroomText room) => new MemberList(this, room);

        /// <summary>What waits or has failed, in the order in which it was said.</summary>
        public PostList Posts(string room) => new PostList(this, Kept(room));
        public PostList Posts(ChatroomText room) => new PostList(this, room);

        /// <summary>Finds a message by its number. false: it is not here.</summary>
        public bool Message(string room, ulong number, out ChatroomClientEntryView message)
        {
            using (var name = new Utf8(room))
            {
                ChatroomClientEntryView found;
                var there = Found(ChatroomNative.chatroom_client_message(Native, name.Text, number,
                                                                         &found));
                message = there ? found : default(ChatroomClientEntryView);
                return there;
            }
        }

        // The client's own copy of a room's name, which lives as long as what is read by it.
        ChatroomText Kept(string room)
        {
            ChatroomClientRoomView found;
            return Room(room, out found) ? found.Name : default(ChatroomText);
        }

        bool Found(ChatroomError why)
        {
            if (why == ChatroomError.RoomUnknown || why == ChatroomError.ReplyUnknown) return false;
            Check(why);
            return true;
        }

        static void CheckIndex(ChatroomError why)
        {
            if (why != ChatroomError.None) throw new ArgumentOutOfRangeException("at");
        }

        public readonly struct RoomList
        {
            readonly ChatroomClient client;

            internal RoomList(ChatroomClient client) => this.client = client;

            public int Count => (int)ChatroomNative.chatroom_client_rooms(client.Native);

            public ChatroomClientRoomView this[int at]
            {
                get
                {
                    ChatroomClientRoomView room;
                    CheckIndex(ChatroomNative.chatroom_client_room_at(client.Native,
                        (UIntPtr)(uint)at, &room));
                    return room;
                }
            }
        }

        public readonly struct EntryList
        {
            readonly ChatroomClient client;
            readonly ChatroomText room;

            internal EntryList(ChatroomClient client, ChatroomText room)
            {
                this.client = client;
                this.room = room;
            }

            public int Count => (int)ChatroomNative.chatroom_client_entries(client.Native, room);

            public ChatroomClientEntryView this[int at]
            {
                get
                {
                    ChatroomClientEntryView entry;
                    CheckIndex(ChatroomNative.chatroom_client_entry_at(client.Native, room,
                        (UIntPtr)(uint)at, &entry));
                    return entry;
                }
            }
        }

        public readonly struct MemberList
        {
            readonly ChatroomClient client;
            readonly ChatroomText room;

            internal MemberList(ChatroomClient client, ChatroomText room)
            {
                this.client = client;
                this.room = room;
            }

            public int Count => (int)ChatroomNative.chatroom_client_members(client.Native, room);

            public ChatroomClientMemberView this[int at]
            {
                get
                {
                    ChatroomClientMemberView member;
                    CheckIndex(ChatroomNative.chatroom_client_member_at(client.Native, room,
                        (UIntPtr)(uint)at, &member));
                    return member;
                }
            }
        }

        public readonly struct PostList
        {
            readonly ChatroomClient client;
            readonly ChatroomText room;

            internal PostList(ChatroomClient client, ChatroomText room)
            {
                this.client = client;
                this.room = room;
            }

            public int Count => (int)ChatroomNative.chatroom_client_posts(client.Native, room);

            public ChatroomClientPostView this[int at]
            {
                get
                {
                    ChatroomClientPostView post;
                    CheckIndex(ChatroomNative.chatroom_client_post_at(client.Native, room,
                        (UIntPtr)(uint)at, &post));
                    return post;
                }
            }
        }

        // ---- After a restart

        /// <summary>What a restart of the game needs to come back as the same user. It is as good
        /// as a password.</summary>
        public byte[] Save()
        {
            UIntPtr size;
            var why = ChatroomNative.chatroom_client_save(Native, null, UIntPtr.Zero, &size);
            if (why != ChatroomError.MemoryShort) Check(why);
            var whole = new byte[(int)size];
            fixed (byte* data = whole)
                Check(ChatroomNative.chatroom_client_save(Native, data, size, &size));
            return whole;
        }

        /// <summary>Takes over what Save answered, as the first thing after opening.</summary>
        public void Restore(byte[] saved)
        {
            fixed (byte* data = saved)
                Check(ChatroomNative.chatroom_client_restore(Native, data, (UIntPtr)saved.Length));
        }

        // ---- What native code calls. It gets these for ever; which client is meant says the
        // context.

        static readonly ChatroomClientSendFn send = OnSend;
        static readonly ChatroomClientTellFn tell = OnTell;

        [MonoPInvokeCallback(typeof(ChatroomClientSendFn))]
        static void OnSend(byte* frame, UIntPtr bytes, IntPtr context)
        {
            var client = (ChatroomClient)Enter(context);
            Exception thrown = null;
            try
            {
                client.host.Send(new ChatroomText(frame, (int)bytes));
            }
            catch (Exception why)
            {
                thrown = why;
            }
            client.Exit(thrown);
        }

        [MonoPInvokeCallback(typeof(ChatroomClientTellFn))]
        static void OnTell(ChatroomClientChange* change, IntPtr context)
        {
            var client = (ChatroomClient)Enter(context);
            Exception thrown = null;
            try
            {
                client.host.Tell(*change);
            }
            catch (Exception why)
            {
                thrown = why;
            }
            client.Exit(thrown);
        }
    }

    // ---- Inside --------------------------------------------------------------------------------

    struct ChatroomClientEnvironment
    {
        internal uint StructSize;
        internal IntPtr Send, SendContext, Tell, TellContext, Entropy, EntropyContext;
        internal IntPtr Buffer;
        internal UIntPtr BufferBytes;
        internal IntPtr Allocate, Release, MemoryContext;
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    unsafe delegate void ChatroomClientSendFn(byte* frame, UIntPtr bytes, IntPtr context);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    unsafe delegate void ChatroomClientTellFn(ChatroomClientChange* change, IntPtr context);

    unsafe struct ChatroomParsedLine
    {
        internal uint StructSize;
        internal ChatroomFlag Help;
        internal ChatroomCommand Command;
        internal ChatroomFailureEvent Refusal;
        internal fixed ulong Body[12];
    }

    static unsafe partial class ChatroomNative
    {
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_open(ChatroomClientConfig* config,
            ChatroomClientEnvironment* host, IntPtr* client);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_close(IntPtr client);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_connected(IntPtr client);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_disconnected(IntPtr client);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_receive(IntPtr client, byte* frame,
            UIntPtr bytes);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_tick(IntPtr client, ulong nowMs);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ulong chatroom_client_next_tick(IntPtr client);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_login(IntPtr client, ChatroomText nick,
            ulong tag);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_logout(IntPtr client, ulong tag);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_rename(IntPtr client,
            ChatroomText nick, ulong tag);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_join(IntPtr client, ChatroomText room,
            ulong tag);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_create(IntPtr client,
            ChatroomCreateCommand* what, ulong tag);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_leave(IntPtr client, ChatroomText room,
            ulong tag);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_set(IntPtr client,
            ChatroomSetCommand* what, ulong tag);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_list_rooms(IntPtr client, ulong tag);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_older(IntPtr client, ChatroomText room,
            ulong tag);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_hold(IntPtr client, ChatroomText room,
            int held);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_refresh(IntPtr client,
            ChatroomText room);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_see(IntPtr client, ChatroomText room);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_post(IntPtr client, ChatroomText room,
            ChatroomText text, ChatroomMessageKind kind, ulong replyTo, ulong* id);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_resend(IntPtr client, ulong post);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_discard(IntPtr client, ulong post);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_submit(IntPtr client,
            ChatroomCommand* what, ulong tag);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_parse_line(ChatroomText room,
            ChatroomText text, ChatroomParsedLine* parsed);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_save(IntPtr client, byte* into,
            UIntPtr capacity, UIntPtr* bytes);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_restore(IntPtr client, byte* saved,
            UIntPtr bytes);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomClientState chatroom_client_state(IntPtr client);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_why(IntPtr client);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ulong chatroom_client_user(IntPtr client);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomText chatroom_client_nick(IntPtr client);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_limits(IntPtr client,
            ChatroomWelcomeEvent* limits);
        [DllImport(Library, CallingConvention = C)]
        internal static extern int chatroom_client_wants_close(IntPtr client);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ulong chatroom_client_faults(IntPtr client);
        [DllImport(Library, CallingConvention = C)]
        internal static extern UIntPtr chatroom_client_rooms(IntPtr client);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_room_at(IntPtr client, UIntPtr at,
            ChatroomClientRoomView* room);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_room(IntPtr client, ChatroomText name,
            ChatroomClientRoomView* room);
        [DllImport(Library, CallingConvention = C)]
        internal static extern UIntPtr chatroom_client_entries(IntPtr client, ChatroomText room);
        [DllImport(Library, CallingConvention = C)]
        internal static extern UIntPtr chatroom_client_members(IntPtr client, ChatroomText room);
        [DllImport(Library, CallingConvention = C)]
        internal static extern UIntPtr chatroom_client_posts(IntPtr client, ChatroomText room);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_entry_at(IntPtr client,
            ChatroomText room, UIntPtr at, ChatroomClientEntryView* entry);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_member_at(IntPtr client,
            ChatroomText room, UIntPtr at, ChatroomClientMemberView* member);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_post_at(IntPtr client,
            ChatroomText room, UIntPtr at, ChatroomClientPostView* post);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_client_message(IntPtr client,
            ChatroomText room, ulong number, ChatroomClientEntryView* message);
    }
}
