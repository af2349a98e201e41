// Tests of examples/csharp/ChatroomClient.cs, as those of Checks.cs:
//
//     Checks.exe client_frames [waste] | client_callbacks

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Chatroom;

// A client and an engine in one program: what either sends, the other hears at once.
sealed class Pair : IDisposable
{
    internal const ulong Begin = 1700000000000;

    internal readonly ChatroomEngine Server;
    internal ChatroomClient Client;
    internal Action Sending = () => { };
    internal ChatroomClientTell Telling = delegate(in ChatroomClientChange change) { };
    internal uint Session;
    byte[] early;                          // What was sent before the session was known.

    internal Pair(ChatroomEntropy entropy = null,
                  ChatroomClientConfig config = default(ChatroomClientConfig))
    {
        Server = new ChatroomEngine(new ChatroomHost { Send = FromServer });
        Server.Tick(Begin);
        Open(entropy, config);
    }

    internal void Open(ChatroomEntropy entropy = null,
                       ChatroomClientConfig config = default(ChatroomClientConfig))
    {
        Client = new ChatroomClient(new ChatroomClientHost
        {
            Send = ToServer, Tell = Tell, Entropy = entropy
        }, config);
    }

    void Tell(in ChatroomClientChange change) => Telling(change);

    void FromServer(ChatroomRecipients to, ChatroomEvent what, ChatroomText frame)
    {
        foreach (var each in to) Client.Receive(frame);
    }

    void ToServer(ChatroomText frame)
    {
        Sending();
        if (Session != 0)
        {
            Server.Receive(Session, frame);
            return;
        }
        early = new byte[frame.Size];
        frame.CopyTo(early);
    }

    internal Pair Connect()
    {
        Client.Tick(Begin);
        Client.Connected();
        Session = 0;
        Session = Server.Connect();
        if (early != null) Server.Receive(Session, early, 0, early.Length);
        early = null;
        return this;
    }

    internal Pair InLobby()
    {
        Client.Login("alice");
        Connect();
        Client.Join("lobby");
        return this;
    }

    internal string Entries(string room)
    {
        var entries = Client.Entries(room);
        return string.Join(",", Enumerable.Range(0, entries.Count).Select(
            at => entries[at].Text.ToString()));
    }

    internal string Posts(string room)
    {
        var posts = Client.Posts(room);
        return string.Join(",", Enumerable.Range(0, posts.Count).Select(
            at => posts[at].Text.ToString()));
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }
}

// Frames in and out, changes and reads must leave nothing for the garbage collector.
static class ClientFrames
{
    const int Count = 20000;

    static readonly byte[] buffer = new byte[8192];
    static bool waste;
    static ChatroomClient client;
    static ChatroomEngine server;
    static uint session;
    static long frames, changes, dones, bytes;

    internal static int Run(bool wasting)
    {
        waste = wasting;
        using (server = new ChatroomEngine(new ChatroomHost { Send = FromServer },
                                           new ChatroomConfig { RoomMessagesMax = 100 }))
        using (client = new ChatroomClient(new ChatroomClientHost { Send = ToServer, Tell = Tell },
                                           new ChatroomClientConfig { EntriesMax = 100 }))
        {
            server.Tick(Pair.Begin);
            client.Tick(Pair.Begin);
            client.Connected();
            session = server.Connect();
            client.Login("alice");
            client.Join("lobby");
            var bob = server.Connect(ChatroomWire.Typed);
            server.Guest(bob, "bob");
            server.Join(bob, "lobby");
            Turn(bob, 2000);                         // What the runtime makes once, it has made.
            frames = changes = dones = 0;
            var collections = GC.CollectionCount(0);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Turn(bob, Count);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Console.WriteLine("{0} frames, {1} changes, {2} commands done: {3} bytes allocated, " +
                "{4} collections", frames, changes, dones, allocated,
                GC.CollectionCount(0) - collections);
            Checks.Expect(frames >= 4 * Count, "frames were sent both ways");
            Checks.Expect(changes >= 3 * Count && dones == Count, "changes were told");
            Checks.Expect(bytes != 0, "the texts were read");
            Checks.Expect(client.Entries("lobby").Count >= 100, "the messages are there");
            Checks.Expect(allocated == 0, "nothing is allocated");
        }
        return Checks.Result();
    }

    static void Turn(uint bob, int count)
    {
        for (var i = 0; i < count; ++i)
        {
            var now = Pair.Begin + (ulong)i;
            server.Tick(now);
            client.Tick(now);
            server.Post(bob, "lobby", "hello");
            client.Post("lobby", "hello back", ChatroomMessageKind.Emote);
            client.Set("lobby", ChatroomRoomProperty.Topic, i % 2 == 0 ? "tea" : "chess", 7);
            client.See("lobby");
            Draw();
        }
    }

    // What a game does in each frame that it draws.
    static void Draw()
    {
        ChatroomClientRoomView room;
        if (!client.Room("lobby", out room)) return;
        bytes += room.Topic.Size + (long)client.NextTick + (long)client.State;
        var entries = client.Entries("lobby");
        for (var i = Math.Max(0, entries.Count - 10); i < entries.Count; ++i)
            entries[i].Text.CopyTo(buffer);
        var members = client.Members(room.Name);
        for (var i = 0; i < members.Count; ++i) bytes += members[i].Nick.Size;
        bytes += client.Posts("lobby").Count + client.Rooms.Count + client.Nick.Size;
        ChatroomClientEntryView last;
        if (client.Message("lobby", room.Last, out last)) bytes += last.Text.Size;
    }

    static void FromServer(ChatroomRecipients to, ChatroomEvent what, ChatroomText frame)
    {
        foreach (var each in to)
        {
            if (each.Session != session && session != 0) continue;
            ++frames;
            frame.CopyTo(buffer);                    // As if it came from the network.
            client.Receive(buffer, 0, frame.Size);
        }
    }

    static void ToServer(ChatroomText frame)
    {
        ++frames;
        frame.CopyTo(buffer);
        server.Receive(session, buffer, 0, frame.Size);
    }

    static void Tell(in ChatroomClientChange change)
    {
        if (waste) GC.KeepAlive(new object());
        ++changes;
        if (change.What == ChatroomClientNews.Append)
        {
            var entries = client.Entries(change.Room);
            bytes += entries[entries.Count - 1].Text.Size;
        }
        else if (change.What == ChatroomClientNews.Done && change.Tag == 7)
        {
            if (change.Why == ChatroomError.None && change.Reply.Time != 0) ++dones;
        }
    }
}

// What callbacks may do, what becomes of their exceptions, and what all calls answer.
static class ClientCallbacks
{
    sealed class Thrown : Exception { }

    internal static int Run()
    {
        Exceptions();
        ThrowsInEntropy();
        Inside();
        Done();
        Refusals();
        Reads();
        Typed();
        Restart();
        Checks.Forgotten("clients", () =>
        {
            var client = new ChatroomClient(new ChatroomClientHost { Send = frame => { } });
            client.Connected();
            return client;
        });
        return Checks.Result();
    }

    static void Exceptions()
    {
        using (var it = new Pair().InLobby())
        {
            Exception mine = null;
            var where = "";
            it.Sending = () =>
            {
                if (mine == null || where != "send") return;
                it.Client.See("lobby");            // Must not throw what is kept.
                throw mine;
            };
            it.Telling = delegate(in ChatroomClientChange change)
            {
                if (mine == null || where != "tell") return;
                it.Client.See("lobby");
                throw mine;
            };
            foreach (var each in new[] { "send", "tell" })
            {
                where = each;
                mine = new Thrown();
                Exception got = null;
                try
                {
                    it.Client.Post("lobby", each);
                }
                catch (Exception why)
                {
                    got = why;
                }
                Checks.Expect(got == mine, "the exception comes out of the outer call: " + each);
            }
            mine = null;
            it.Client.Post("lobby", "again");
            // The frame of the first post was lost with its exception: it waits for its answer.
            Checks.Expect(it.Posts("lobby") == "send", it.Posts("lobby"));
            Checks.Expect(it.Entries("lobby") == "tell,again", it.Entries("lobby"));
        }
    }

    static unsafe void ThrowsInEntropy()
    {
        var draws = 0;
        ChatroomEntropy entropy = (into, bytes) =>
        {
            if (++draws == 1) throw new Thrown();
            for (var i = 0; i < bytes; ++i) into[i] = (byte)i;
            return draws > 2;
        };
        using (var it = new Pair(entropy).InLobby())
        {
            var thrown = false;
            try
            {
                it.Client.Post("lobby", "one");
            }
            catch (Thrown)
            {
                thrown = true;
            }
            Checks.Expect(thrown, "an exception inside entropy");
            Checks.Refused(ChatroomError.EntropyFailed, () => it.Client.Post("lobby", "2"), "two");
            it.Client.Post("lobby", "three");
            Checks.Expect(it.Entries("lobby") == "three", it.Entries("lobby"));
        }
    }

    static void Inside()
    {
        var it = new Pair().InLobby();
        bool armed = true, posted = false;
        it.Sending = () =>
        {
            GC.Collect();                  // What native code holds must live on.
            if (armed) Checks.Refused(ChatroomError.InsideCallback, it.Client.Dispose, "Dispose");
        };
        it.Telling = delegate(in ChatroomClientChange change)
        {
            GC.Collect();
            Checks.Refused(ChatroomError.InsideCallback, it.Client.Dispose, "Dispose");
            Checks.Refused(ChatroomError.InsideCallback,
                           () => it.Client.Receive(new byte[2], 0, 2), "Receive");
            Checks.Refused(ChatroomError.InsideCallback,
                           () => it.Client.Restore(new byte[0]), "Restore");
            if (change.What != ChatroomClientNews.Append || posted) return;
            posted = true;
            it.Client.Post("lobby", "from inside");
        };
        it.Client.Post("lobby", "hello");
        armed = false;
        Checks.Expect(it.Entries("lobby") == "hello,from inside", it.Entries("lobby"));
        it.Client.Dispose();
        it.Client.Dispose();
        var disposed = false;
        try
        {
            it.Client.Tick(Pair.Begin);
        }
        catch (ObjectDisposedException)
        {
            disposed = true;
        }
        Checks.Expect(disposed, "a disposed client says so");
        it.Dispose();
    }

    static unsafe void Done()
    {
        using (var it = new Pair().InLobby())
        {
            ulong tag = 0, user = 0, limit = 0;
            var why = ChatroomError.None;
            var command = ChatroomCommandType.None;
            string room = "", field = "", listed = "";
            it.Telling = delegate(in ChatroomClientChange change)
            {
                if (change.What == ChatroomClientNews.Listed)
                    listed += change.Item.Room + " " + change.Item.Members;
                if (change.What != ChatroomClientNews.Done) return;
                tag = change.Tag;
                why = change.Why;
                command = change.Command;
                room = change.Room.ToString();
                user = change.Reply.User;
                field = change.Refusal.Field.ToString();
                limit = change.Refusal.Limit;
            };
            it.Client.ListRooms(7);
            Checks.Expect(tag == 7 && listed == "lobby 1", listed);
            it.Client.Join("Den", 8);
            Checks.Expect(tag == 8 && why == ChatroomError.None && room == "den" &&
                          command == ChatroomCommandType.Join, "the den: " + room);
            it.Client.Create("den", tag: 9);
            Checks.Expect(tag == 9 && why == ChatroomError.RoomExists, "again: " + why);
            it.Client.Rename(new string('x', 40), 10);
            Checks.Expect(tag == 10 && field == "nick" && limit == 32, field + limit);
            var nick = Encoding.UTF8.GetBytes("Alice");
            fixed (byte* data = nick)
            {
                var what = new ChatroomNickCommand { Nick = new ChatroomText(data, nick.Length) };
                it.Client.Submit(ChatroomCommandType.Nick, &what, sizeof(ChatroomNickCommand), 11);
            }
            Checks.Expect(tag == 11 && it.Client.Nick.ToString() == "Alice", "a new nick");
            it.Client.Set("den", ChatroomRoomProperty.Topic, "tea", 12);
            ChatroomClientRoomView den;
            Checks.Expect(tag == 12 && it.Client.Room("den", out den) &&
                          den.Topic.ToString() == "tea", "its topic");
            it.Client.Leave("den", 13);
            Checks.Expect(tag == 13 && !it.Client.Room("den", out den), "left");
            it.Client.Create("hall", "The hall", "Echoes", 7, tag: 14);
            Checks.Expect(tag == 14 && it.Client.Room("hall", out den) && den.Capacity == 7 &&
                          den.Title.ToString() == "The hall" && den.Topic.ToString() == "Echoes",
                          "the hall");
            it.Client.Logout(15);
            Checks.Expect(tag == 15 && it.Client.User == 0 &&
                          it.Client.State == ChatroomClientState.Login, "logged out");
            it.Client.Login("anna", 16);
            Checks.Expect(tag == 16 && user == 2 && it.Client.User == 2, "anna is " + user);
        }
    }

    static void Refusals()
    {
        var host = new ChatroomClientHost { Send = frame => { } };
        Checks.Refused(ChatroomError.ConfigInvalid,
            () => new ChatroomClient(host, new ChatroomClientConfig { RoomsMax = 1001 }), "1001");
        var config = new ChatroomClientConfig { PostsMax = 1, AsksMax = 1 };
        using (var it = new Pair(null, config))
        {
            Checks.Refused(ChatroomError.Offline, () => it.Client.Join("lobby"), "Join");
            Checks.Refused(ChatroomError.MemberMissing, () => it.Client.Login(""), "no nick");
            Checks.Refused(ChatroomError.RoomUnknown, () => it.Client.Older("lobby"), "Older");
            Checks.Refused(ChatroomError.RoomUnknown, () => it.Client.Hold("lobby", true), "Hold");
            Checks.Refused(ChatroomError.RoomUnknown, () => it.Client.Post("lobby", "a"), "Post");
            Checks.Refused(ChatroomError.SnapshotInvalid,
                           () => it.Client.Restore(new byte[] { 1, 2, 3 }), "three bytes");
            Checks.Refused(ChatroomError.InvalidArgument, () => it.Client.Resend(99), "post 99");
            Checks.Expect(it.Client.Why == ChatroomError.None &&
                          it.Client.Limits.FrameBytesMax == 0, "nothing yet");
            it.Client.Login("alice");
            Checks.Refused(ChatroomError.QueueFull, () => it.Client.Logout(), "a second command");
            it.Connect();
            it.Client.Join("lobby");
            Checks.Refused(ChatroomError.MemberMissing, () => it.Client.Post("lobby", ""), "empty");
            Checks.Refused(ChatroomError.MemberTooLong,
                           () => it.Client.Post("lobby", new string('x', 2001)), "2001 bytes");
            var frame = Encoding.UTF8.GetBytes("x{\"op\":\"you\",\"user\":1,\"nick\":\"Al\"}x");
            it.Client.Receive(frame, 1, frame.Length - 2);
            Checks.Expect(it.Client.Nick.ToString() == "Al" && it.Client.Faults == 0, "a part");
            it.Client.Receive(frame, 0, frame.Length);
            Checks.Expect(it.Client.Faults == 1 && it.Client.Limits.FrameBytesMax == 8192, "fault");
            var id = it.Client.Post("lobby", "to nobody", replyTo: 77);
            Checks.Refused(ChatroomError.PendingFull, () => it.Client.Post("lobby", "b"), "more");
            var post = it.Client.Posts("lobby")[0];
            Checks.Expect(post.Id == id && post.Failed == ChatroomError.ReplyUnknown &&
                          post.ReplyTo == 77, "a post that has failed");
            it.Client.Discard(id);
            Checks.Expect(it.Client.Posts("lobby").Count == 0, "it is gone");
            Checks.Expect(!it.Client.WantsClose, "all is well");
            it.Session = 0;                          // Nobody answers any more.
            it.Client.Tick(Pair.Begin + 20000);
            it.Client.Tick(Pair.Begin + 40000);
            Checks.Expect(it.Client.WantsClose && it.Client.Why == ChatroomError.ConnectionLost,
                          "silence: " + it.Client.Why);
            it.Client.Disconnected();
            Checks.Expect(it.Client.State == ChatroomClientState.Offline && !it.Client.WantsClose,
                          "the connection is gone");
        }
    }

    static void Typed()
    {
        using (var it = new Pair().InLobby())
        {
            foreach (var line in new[] { "grüße 🐻", "/me waves", "//slash", "/nick anna", "" })
                Checks.Expect(it.Client.Type("lobby", line), line);
            Checks.Expect(it.Entries("lobby") == "grüße 🐻,waves,/slash", it.Entries("lobby"));
            ChatroomClientEntryView message;
            Checks.Expect(it.Client.Message("lobby", 2, out message) &&
                          message.Kind == ChatroomMessageKind.Emote, "an emote");
            Checks.Expect(it.Client.Nick.ToString() == "anna", "another nick");
            Checks.Expect(!it.Client.Type("lobby", "/help"), "it asks for help");
            Checks.Refused(ChatroomError.OpUnknown, () => it.Client.Type("lobby", "/dance"), "dance");
            Checks.Refused(ChatroomError.RoomUnknown, () => it.Client.Type("cellar", "a"), "cellar");
        }
    }

    static void Reads()
    {
        using (var it = new Pair().InLobby())
        {
            for (var i = 1; i <= 5; ++i)
                it.Client.Post("lobby", "m" + i, i == 5 ? ChatroomMessageKind.Emote
                                                        : ChatroomMessageKind.Text);
            Checks.Expect(it.Entries("lobby") == "m1,m2,m3,m4,m5", it.Entries("lobby"));
            Checks.Expect(it.Entries("cellar") == "", "nothing of an unknown room");
            ChatroomClientEntryView message;
            Checks.Expect(it.Client.Message("lobby", 5, out message) && message.Number == 5 &&
                          message.What == ChatroomClientEntryKind.Message &&
                          message.Kind == ChatroomMessageKind.Emote &&
                          message.Nick.ToString() == "alice", "the fifth");
            Checks.Expect(!it.Client.Message("lobby", 6, out message) &&
                          !it.Client.Message("cellar", 1, out message), "there are no others");
            Checks.Expect(it.Client.Rooms.Count == 1 &&
                          it.Client.Rooms[0].Name.ToString() == "lobby", "one room");
            var members = it.Client.Members("lobby");
            Checks.Expect(members.Count == 1 && members[0].Nick.ToString() == "alice" &&
                          members[0].Online && members[0].User == 1, "one member");
            ChatroomClientRoomView room;
            Checks.Expect(it.Client.Room("lobby", out room) && room.Last == 5 && room.Count == 1 &&
                          room.Live && room.MembersKnown && room.Unread == 0 &&
                          room.Rights.ToString() == "post leave set", "the lobby");
            foreach (var at in new[] { -1, 1 })
            {
                var outside = 0;
                foreach (var read in new Action[] {
                    () => Checks.Expect(it.Client.Rooms[at].Id == 0, "a room"),
                    () => Checks.Expect(members[at].User == 0, "a member"),
                    () => Checks.Expect(it.Client.Posts("lobby")[at].Id == 0, "a post"),
                    () => Checks.Expect(it.Client.Entries("lobby")[5 * at].To == 0, "an entry") })
                {
                    try
                    {
                        read();
                    }
                    catch (ArgumentOutOfRangeException)
                    {
                        ++outside;
                    }
                }
                Checks.Expect(outside == 4, "lists have bounds: " + outside);
            }
        }
    }

    static void Restart()
    {
        using (var it = new Pair().InLobby())
        {
            it.Client.Post("lobby", "grüße 🐻");
            var saved = it.Client.Save();
            it.Server.Disconnect(it.Session);
            it.Client.Dispose();
            it.Open();
            it.Client.Restore(saved);
            Checks.Refused(ChatroomError.InvalidArgument, () => it.Client.Restore(saved), "twice");
            it.Connect();
            Checks.Expect(it.Client.State == ChatroomClientState.Online && it.Client.User == 1,
                          "the same user");
            Checks.Expect(it.Entries("lobby") == "grüße 🐻", it.Entries("lobby"));
        }
    }
}
