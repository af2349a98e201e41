// A chat in one program: alice plays over the network, bob on the machine of the host.
//
//     mcs -unsafe Hello.cs Chatroom.cs && MONO_PATH=. LD_LIBRARY_PATH=../../build mono Hello.exe

using System;
using Chatroom;

static class Hello
{
    static readonly byte[] wire = new byte[8192];    // What the transport of a game would be.

    static void Main()
    {
        var host = new ChatroomHost { Send = OnSend, Observe = OnObserve };
        using (var chat = new ChatroomEngine(host, new ChatroomConfig { RoomsMax = 8 }))
        {
            chat.Tick(1700000000000);                // The time: the engine has no clock.
            uint alice = chat.Connect();
            uint bob = chat.Connect(ChatroomWire.Typed);
            Frame(chat, alice, "{\"op\":\"guest\",\"nick\":\"alice\"}");
            Frame(chat, alice, "{\"op\":\"join\",\"room\":\"lobby\"}");
            ChatroomOutcome who = chat.Guest(bob, "Bjørn 🐻");
            Console.WriteLine("bob is user {0}, his token has {1} digits", who.User,
                              who.Token.Length);
            chat.Join(bob, "lobby");
            chat.Post(bob, "lobby", "hello from the host");
            Frame(chat, alice, "{\"op\":\"post\",\"room\":\"lobby\",\"text\":\"hello back\"}");
            try
            {
                chat.Post(bob, "cellar", "is anybody here?");
            }
            catch (ChatroomException why) when (why.Code == ChatroomError.RoomUnknown)
            {
                Console.WriteLine("refused: {0}", why.Message);
            }
            var page = chat.History(ChatroomEngine.Host, "lobby");
            for (int i = 0; i < page.Messages.Count; ++i)
                Console.WriteLine("{0}. {1}", page.Messages[i].Number, page.Messages[i].Text);
        }
    }

    static void Frame(ChatroomEngine chat, uint session, string text)
    {
        int count = System.Text.Encoding.UTF8.GetBytes(text, 0, text.Length, wire, 0);
        chat.Receive(session, wire, 0, count);       // Bytes, as they came from the network.
    }

    static void OnSend(ChatroomRecipients to, ChatroomEvent what, ChatroomText frame)
    {
        foreach (var each in to)
        {
            if (frame.Size != 0)
                Console.WriteLine("to {0}: {1}", each.Session, frame);
            else if (what.Type == ChatroomEventType.Message)
                Console.WriteLine("bob reads: <{0}> {1}", what.Message.Nick, what.Message.Text);
            else
                Console.WriteLine("bob is told: {0}", what.Type);
        }
    }

    static void OnObserve(in ChatroomObservation seen)
    {
        if (seen.Why != ChatroomError.None)
            Console.WriteLine("session {0} was refused: {1}", seen.Session, seen.Why);
    }
}
