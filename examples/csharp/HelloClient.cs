// A player's client and the chat that it talks to, in one program. Between them, where a game has a
// socket, are two queues of frames.
//
//     mcs -unsafe HelloClient.cs ChatroomClient.cs Chatroom.cs
//     LD_LIBRARY_PATH=../../build mono HelloClient.exe

using System;
using System.Collections.Generic;
using Chatroom;

static class HelloClient
{
    const ulong Network = 1;                         // The tag of connections over the network.

    static readonly Queue<byte[]> toServer = new Queue<byte[]>(), toClient = new Queue<byte[]>();
    static ChatroomEngine server;
    static ChatroomClient client;
    static ulong now = 1700000000000, shown;
    static uint alice;                               // Her connection.

    static void Main()
    {
        using (server = new ChatroomEngine(new ChatroomHost { Send = FromServer }))
        using (client = new ChatroomClient(new ChatroomClientHost { Send = Send, Tell = Tell }))
        {
            server.Tick(now);
            uint bob = server.Connect(ChatroomWire.Typed);      // He plays on the host's machine.
            server.Guest(bob, "bob");
            server.Join(bob, "lobby");
            server.Post(bob, "lobby", "anybody here?");

            client.Login("alice");
            Connect();
            Update();
            client.Join("lobby");
            Update();
            client.Post("lobby", "hello bob");
            client.Create("lobby", tag: 7);          // Comes back as command 7.
            Update();

            LoseConnection();
            server.Post(bob, "lobby", "did you hear that?");
            client.Post("lobby", "I am back");       // Goes out when there is a connection.
            Connect();
            Update();

            ChatroomClientRoomView room;
            if (client.Room("lobby", out room))
                Console.WriteLine("{0}: {1} members, {2} messages", room.Name, room.Count,
                                  room.Last);
        }
    }

    // What the game does in each frame: the time, what came from the network, what is on screen.
    static void Update()
    {
        now += 16;
        server.Tick(now);
        client.Tick(now);
        while (toServer.Count + toClient.Count != 0)
        {
            if (toServer.Count != 0)
            {
                byte[] frame = toServer.Dequeue();
                server.Receive(alice, frame, 0, frame.Length);
            }
            if (toClient.Count != 0)
            {
                byte[] frame = toClient.Dequeue();
                client.Receive(frame, 0, frame.Length);
            }
        }
        Draw();
    }

    // Here, only the messages that have not been shown yet.
    static void Draw()
    {
        var entries = client.Entries("lobby");
        for (int i = 0; i < entries.Count; ++i)
        {
            var entry = entries[i];
            if (entry.Number <= shown || entry.What != ChatroomClientEntryKind.Message) continue;
            Console.WriteLine("{0}. <{1}> {2}", entry.Number, entry.Nick, entry.Text);
            shown = entry.Number;
        }
        if (entries.Count != 0) client.See("lobby");
    }

    static void Tell(in ChatroomClientChange change)
    {
        if (change.What == ChatroomClientNews.State)
            Console.WriteLine("* {0}", client.State);
        else if (change.What == ChatroomClientNews.Done && change.Why != ChatroomError.None)
            Console.WriteLine("* command {0}: {1}", change.Tag,
                              ChatroomException.Describe(change.Why));
    }

    // ---- The network. A real one takes the bytes from one reused buffer, as Hello.cs does.

    static void Send(ChatroomText frame) => toServer.Enqueue(Copy(frame));

    static void FromServer(ChatroomRecipients to, ChatroomEvent what, ChatroomText frame)
    {
        foreach (var each in to)
            if (each.Tag == Network) toClient.Enqueue(Copy(frame));
    }

    static byte[] Copy(ChatroomText frame)
    {
        var copy = new byte[frame.Size];
        frame.CopyTo(copy);
        return copy;
    }

    static void Connect()
    {
        client.Connected();
        alice = server.Connect(ChatroomWire.Json, Network);
    }

    static void LoseConnection()
    {
        client.Disconnected();
        server.Disconnect(alice);
        toServer.Clear();
        toClient.Clear();
    }
}
