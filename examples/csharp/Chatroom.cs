// chatroom for C#: Unity (Mono and IL2CPP), Godot, plain Mono and .NET. C# 7.2, unsafe code allowed
// (Unity: Player settings, Allow 'unsafe' Code). Copy this file and the library into your project:
//
//     Unity     this file into Assets/, the library into Assets/Plugins/<platform>/
//     others    the library beside the program: libchatroom.so, libchatroom.dylib, chatroom.dll
//
//     var chat = new ChatroomEngine(new ChatroomHost { Send = (to, what, frame) => ... });
//     chat.Tick(ChatroomEngine.Now);                  // once a frame: the engine has no clock
//     uint alice = chat.Connect();                    // a player's connection
//     chat.Receive(alice, bytes, 0, count);           // bytes, as they came from the network
//     chat.Post(alice, "lobby", "hello");             // or typed
//
// A player's side of it, on the network of your game, is ChatroomClient.cs beside this file.
//
// Names are those of chatroom_c.h in the spelling of C#, so that header is the manual:
// chatroom_message_event is ChatroomMessageEvent, reply_to is ReplyTo. Sessions are uint, users
// ulong. Where C answers an error that a running host meets, a method answers false; all other
// errors are a ChatroomException with the code.
//
// CALLBACKS come on the thread of the call that caused them, before it returns. What may be called
// inside one is listed in chatroom_c.h; commands are queued there. An exception must never cross
// native code: one that leaves a callback of yours is caught, kept, and thrown by the outer call
// when native code has returned. That call has been carried out all the same.
//
// THE KEEP-ALIVE TRAP. Native code holds a callback by its address, which the garbage collector
// does not see: a delegate that was passed as an argument and forgotten is collected, and the next
// callback crashes. Hence native code is only given static methods, by delegates in static fields
// that live for ever; IL2CPP could call no others, and wants [MonoPInvokeCallback] on them. Which
// engine is meant they learn from a GCHandle, their context. Your own callbacks need none of this.
//
// THREADS. One at a time in one engine: call it from the game's main loop, or take a lock around
// every call. Network threads put what arrived into a queue that the main loop empties.
//
// MEMORY. Frames and events are handed on as pointers into the engine's memory: nothing is
// allocated for them, neither on receiving nor on sending. A ChatroomText and what holds one is
// valid until the callback returns; ToString() makes a copy that stays. Dispose the engine before
// the Unity editor reloads scripts (OnDisable); one that is forgotten is closed by the garbage
// collector.
//
// MIT License, Copyright (c) 2026 the chatroom authors; the text is at the end of chatroom_c.h.

using System;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Chatroom
{
    // Structs are laid out in sequence, as in C: that is what C# does unless it is told otherwise.
    // It is native code that fills them in.
#pragma warning disable 0169, 0649

    // ---- Texts and flags -----------------------------------------------------------------------

    /// <summary>UTF-8 or other bytes that belong to the engine: a pointer and a size. Valid until
    /// the callback that brought it returns.</summary>
    public readonly unsafe struct ChatroomText
    {
        readonly byte* data;
        readonly UIntPtr size;

        public ChatroomText(byte* data, int size)
        {
            this.data = data;
            this.size = (UIntPtr)(uint)size;
        }

        public byte* Data => data;
        public int Size => (int)size;

        /// <summary>Copies the bytes to a place in an array. Allocates nothing.</summary>
        public void CopyTo(byte[] to, int at = 0)
        {
            if (Size != 0) Marshal.Copy((IntPtr)data, to, at, Size);
        }

        /// <summary>A string of its own, which stays.</summary>
        public override string ToString() =>
            Size == 0 ? "" : new string((sbyte*)data, 0, Size, Encoding.UTF8);
    }

    /// <summary>A yes or no of C.</summary>
    public readonly struct ChatroomFlag
    {
        readonly byte value;

        public ChatroomFlag(bool value) => this.value = value ? (byte)1 : (byte)0;
        public static implicit operator bool(ChatroomFlag flag) => flag.value != 0;
        public static implicit operator ChatroomFlag(bool value) => new ChatroomFlag(value);
    }

    // ---- Errors --------------------------------------------------------------------------------

    public enum ChatroomError
    {
        None = 0,
        InvalidArgument = 1, EngineClosed = 2, EngineOpen = 3, ConfigInvalid = 4, MemoryShort = 5,
        LimitTooSmall = 6, InsideCallback = 7, EntropyFailed = 8,
        Queued = 10, Pending = 11, QueueFull = 12, RecordsFull = 13, Paused = 14,
        NoTime = 20, ClockLeap = 21,
        FrameTooLong = 30, FrameMalformed = 31, OpMissing = 32, OpUnknown = 33, MemberMissing = 34,
        MemberInvalid = 35, MemberTooLong = 36, NumberOutOfRange = 37, CodecMissing = 38,
        SessionUnknown = 40, SessionsFull = 41, LoginRequired = 42, AlreadyLoggedIn = 43,
        UsersFull = 44, UserSessionsFull = 45, NickInvalid = 46, NickTaken = 47, TokenInvalid = 48,
        UserUnknown = 49,
        RoomUnknown = 50, RoomNameInvalid = 51, RoomExists = 52, RoomsFull = 53, RoomFull = 54,
        MembersFull = 55, UserRoomsFull = 56, RoomManaged = 57, Forbidden = 58,
        TextInvalid = 60, ReplyUnknown = 61, NonceReused = 62, HistoryFull = 63,
        StorageFailed = 70, RecordInvalid = 71, AlreadyApplied = 72, FeatureMissing = 73,
        BehaviourUnknown = 74, LogTorn = 75, LogDamaged = 76, SnapshotInvalid = 77,
        IncarnationStale = 78, NodesFull = 79,
        Offline = 80, ConnectionLost = 81, OutcomeUnknown = 82, PendingFull = 83, Superseded = 84,
        ReplyInvalid = 85
    }

    /// <summary>A call that failed. Nothing changed, and nothing was sent.</summary>
    public sealed class ChatroomException : Exception
    {
        public ChatroomError Code { get; }
        public string Field { get; } = "";     // the member that is wrong, or the limit reached
        public ulong Limit { get; }            // its bound
        public ulong Value { get; }            // what was found instead
        public ulong At { get; }               // byte offset in the text, counted from 1
        public ulong RetryMs { get; }          // when trying again makes sense; 0: it does not

        internal ChatroomException(ChatroomError code, string about = "")
            : base(Describe(code) + (about == "" ? "" : " (" + about + ")")) => Code = code;

        internal ChatroomException(ChatroomError code, in ChatroomFailureEvent facts)
            : this(code, facts.Field.ToString())
        {
            Field = facts.Field.ToString();
            Limit = facts.Limit;
            Value = facts.Value;
            At = facts.At;
            RetryMs = facts.RetryMs;
        }

        /// <summary>The name of an error as it stands on the wire, such as "room_full".</summary>
        public static string Name(ChatroomError code) =>
            Marshal.PtrToStringAnsi(ChatroomNative.chatroom_error_name(code));

        /// <summary>The name, and what it means and what to do, in one English sentence.</summary>
        public static string Describe(ChatroomError code) => Name(code) + ": " +
            Marshal.PtrToStringAnsi(ChatroomNative.chatroom_error_text(code));
    }

    // ---- Configuration -------------------------------------------------------------------------

    public enum ChatroomPreset : uint { Game = 0, Firmware = 1, Server = 2 }

    /// <summary>All that an engine is told when it is opened; 0: as the preset says.</summary>
    public struct ChatroomConfig
    {
        /// <summary>Says 0 in a member where 0 itself says "as the preset does".</summary>
        public const uint Zero = 0xffffffff;

        internal uint StructSize;
        public ChatroomPreset Preset;

        // Limits: how much the engine can hold. They size its memory.
        public uint SessionsMax, UsersMax, SessionsPerUserMax, RoomsMax, MembersMax;
        public uint RoomsPerUserMax, NodesMax, HistoryPagesMax, PageBytes, PageMessagesMax;
        public uint NickBytesMax, IdentityBytesMax, RoomNameBytesMax, TitleBytesMax, TopicBytesMax;
        public uint MessageBytesMax, NonceBytesMax, FrameBytesMax, PageItemsMax, QueueBytes;
        public uint RecordsPendingMax;

        // Policies: the rules. Configure changes one while the engine runs.
        public uint RoomsByHostOnly, CreateOnJoin, NamesShown, ResumeWindowMs, RoomCapacity;
        public uint RoomMessagesMax, RoomPagesReserved, RoomPagesMax, PresenceMembersMax, AdvanceMs;
        public uint EffectsPerRecordMax, ClockAheadMaxMs;

        // Budgets: how this node goes about its work.
        public uint DeliveriesPerCall, QueuedPerCall, PresenceMs, BadFramesMax, ClockLeapMaxMs;

        public uint Node, Incarnation;
    }

    // ---- Commands ------------------------------------------------------------------------------

    public enum ChatroomCommandType : uint
    {
        None = 0, Boot = 1, Advance = 2, Bind = 3, Unbind = 4, Configure = 10, Ping = 11,
        Guest = 20, Resume = 21, Token = 22, Logout = 23, Nick = 24,
        Create = 30, Join = 31, Leave = 32, Set = 33, Destroy = 34, Rooms = 35, Members = 36,
        Post = 40, History = 41
    }

    public enum ChatroomRoomProperty : byte
    {
        Title = 0, Topic = 1, Capacity = 2, Persistent = 3, Managed = 4
    }

    public enum ChatroomMessageKind : byte { Text = 0, Emote = 1 }

    public enum ChatroomSelector : byte
    {
        Latest = 0, Before = 1, After = 2, Around = 3, Between = 4
    }

    /// <summary>A command of any type, for ChatroomEngine.Submit and as Observe sees it.</summary>
    public unsafe struct ChatroomCommand
    {
        public ChatroomCommandType Type;
        public UIntPtr Bytes;
        public void* Body;
    }

    public struct ChatroomConfigureCommand
    {
        public ChatroomText Name;
        public ulong Value;
    }

    public struct ChatroomGuestCommand
    {
        public ChatroomText Nick;
    }

    public struct ChatroomCursor
    {
        public ChatroomText Room;
        public ulong After;
        public ulong Id;
    }

    public unsafe struct ChatroomCursors
    {
        public ChatroomCursor* Data;
        public UIntPtr Size;
    }

    public struct ChatroomResumeCommand
    {
        public ChatroomText Token;
        public ChatroomCursors Cursors;
    }

    public struct ChatroomNickCommand
    {
        public ChatroomText Nick;
    }

    public struct ChatroomCreateCommand
    {
        public ChatroomText Room, Title, Topic;
        public uint Capacity;
        public ChatroomFlag Persistent, Managed;
    }

    public struct ChatroomJoinCommand
    {
        public ChatroomText Room;
        public uint History;
    }

    public struct ChatroomLeaveCommand
    {
        public ChatroomText Room;
    }

    public struct ChatroomSetCommand
    {
        public ChatroomText Room;
        public ChatroomRoomProperty Property;
        public ChatroomText Value;
    }

    public struct ChatroomDestroyCommand
    {
        public ChatroomText Room;
    }

    public struct ChatroomRoomsCommand
    {
        public ulong After;
        public uint Limit;
    }

    public struct ChatroomMembersCommand
    {
        public ChatroomText Room;
        public ulong After;
        public uint Limit;
    }

    public struct ChatroomPostCommand
    {
        public ChatroomText Room, Text;
        public ChatroomMessageKind Kind;
        public ulong ReplyTo;
        public ChatroomText Nonce;
    }

    public struct ChatroomHistoryCommand
    {
        public ChatroomText Room;
        public ChatroomSelector Selector;
        public ulong Number, Until;
        public uint Limit;
    }

    /// <summary>Where a client stands in a room; see ChatroomCursor, which has C's text.</summary>
    public struct ChatroomPlace
    {
        public string Room;
        public ulong After, Id;
    }

    /// <summary>What a command came to. With a ticket, that comes later, by Observe.</summary>
    public unsafe struct ChatroomOutcome
    {
        internal uint StructSize;
        fixed byte token[36];
        readonly ulong ticket, number, time, user;

        public ulong Ticket => ticket;
        public ulong Number => number;     // of the message posted
        public ulong Time => time;
        public ulong User => user;         // who the session is now

        /// <summary>After Guest, Resume and Token: 32 digits.</summary>
        public string Token
        {
            get
            {
                fixed (byte* at = token) return Marshal.PtrToStringAnsi((IntPtr)at);
            }
        }
    }

    // ---- Events --------------------------------------------------------------------------------

    public enum ChatroomEventType : ushort
    {
        None = 0, Welcome = 1, Ok = 2, Failure = 3, You = 4, Resync = 5, CaughtUp = 6, Bye = 7,
        Help = 8, Joined = 20, Left = 21, Room = 22, Entered = 23, Exited = 24, Renamed = 25,
        Message = 40, Gap = 41, HistoryPage = 60, RoomsPage = 61, MembersPage = 62
    }

    /// <summary>An event of any type: look at Type, then take the one it names.</summary>
    public readonly unsafe struct ChatroomEvent
    {
        readonly ChatroomEventType type;
        readonly ushort mustArrive;
        readonly uint bytes;
        readonly void* body;

        public ChatroomEventType Type => type;

        /// <summary>false: an unreliable channel may lose it; later ones make up.</summary>
        public bool MustArrive => mustArrive != 0;

        public ChatroomWelcomeEvent Welcome =>
            *(ChatroomWelcomeEvent*)As(ChatroomEventType.Welcome);
        public ChatroomOkEvent Ok => *(ChatroomOkEvent*)As(ChatroomEventType.Ok);
        public ChatroomFailureEvent Failure =>
            *(ChatroomFailureEvent*)As(ChatroomEventType.Failure);
        public ChatroomYouEvent You => *(ChatroomYouEvent*)As(ChatroomEventType.You);
        public ChatroomByeEvent Bye => *(ChatroomByeEvent*)As(ChatroomEventType.Bye);
        public ChatroomHelpEvent Help => *(ChatroomHelpEvent*)As(ChatroomEventType.Help);
        public ChatroomJoinedEvent Joined => *(ChatroomJoinedEvent*)As(ChatroomEventType.Joined);
        public ChatroomLeftEvent Left => *(ChatroomLeftEvent*)As(ChatroomEventType.Left);
        public ChatroomRoomEvent Room => *(ChatroomRoomEvent*)As(ChatroomEventType.Room);
        public ChatroomEnteredEvent Entered =>
            *(ChatroomEnteredEvent*)As(ChatroomEventType.Entered);
        public ChatroomExitedEvent Exited => *(ChatroomExitedEvent*)As(ChatroomEventType.Exited);
        public ChatroomRenamedEvent Renamed =>
            *(ChatroomRenamedEvent*)As(ChatroomEventType.Renamed);
        public ChatroomMessageEvent Message =>
            *(ChatroomMessageEvent*)As(ChatroomEventType.Message);
        public ChatroomGapEvent Gap => *(ChatroomGapEvent*)As(ChatroomEventType.Gap);
        public ChatroomHistoryPageEvent HistoryPage =>
            *(ChatroomHistoryPageEvent*)As(ChatroomEventType.HistoryPage);
        public ChatroomRoomsPageEvent RoomsPage =>
            *(ChatroomRoomsPageEvent*)As(ChatroomEventType.RoomsPage);
        public ChatroomMembersPageEvent MembersPage =>
            *(ChatroomMembersPageEvent*)As(ChatroomEventType.MembersPage);

        void* As(ChatroomEventType wanted)
        {
            if (type == wanted) return body;
            throw new InvalidOperationException("the event is " + type + ", not " + wanted);
        }
    }

    public readonly struct ChatroomWelcomeEvent
    {
        public readonly uint Protocol;
        public readonly ChatroomText Features;
        public readonly ulong Time;
        public readonly uint FrameBytesMax, MessageBytesMax, NickBytesMax, RoomNameBytesMax;
        public readonly uint NonceBytesMax, PageItemsMax, RoomsPerUserMax, ResumeWindowMs;
    }

    public readonly struct ChatroomOkEvent
    {
        public readonly ulong Ref, User;
        public readonly ChatroomText Nick, Token, Room;
        public readonly ulong Number, Time;
    }

    public readonly struct ChatroomFailureEvent
    {
        public readonly ulong Ref;
        public readonly ChatroomError Error;
        public readonly ChatroomText Field;
        public readonly ulong Limit, Value, At;
        public readonly ChatroomText Found;
        public readonly ulong RetryMs;
    }

    public readonly struct ChatroomYouEvent
    {
        public readonly ulong User;
        public readonly ChatroomText Nick;
    }

    public readonly struct ChatroomByeEvent
    {
        public readonly ChatroomError Error;
    }

    public readonly struct ChatroomHelpEvent
    {
        public readonly ChatroomText Text;
    }

    public enum ChatroomResumption : byte { None = 0, Complete = 1, Continues = 2, Truncated = 3 }

    public readonly struct ChatroomJoinedEvent
    {
        public readonly ChatroomText Room, Title, Topic;
        public readonly ulong Owner;
        public readonly uint Capacity;
        public readonly ChatroomFlag Persistent, Managed;
        public readonly ChatroomText Rights;
        public readonly uint Members;
        public readonly ulong Roster, First, Last;
        public readonly ChatroomResumption Resume;
        public readonly ulong From, Id;
    }

    public enum ChatroomParting : byte { Left = 0, Removed = 1, Gone = 2, Destroyed = 3 }

    public readonly struct ChatroomLeftEvent
    {
        public readonly ChatroomText Room;
        public readonly ChatroomParting Reason;
    }

    public readonly struct ChatroomRoomEvent
    {
        public readonly ChatroomText Room, Title, Topic;
        public readonly ulong Owner;
        public readonly uint Capacity;
        public readonly ChatroomFlag Persistent, Managed;
        public readonly uint Members;
        public readonly ulong Roster;
    }

    public readonly struct ChatroomEnteredEvent
    {
        public readonly ChatroomText Room;
        public readonly ulong User;
        public readonly ChatroomText Nick;
        public readonly uint Members;
        public readonly ulong Roster;
    }

    public readonly struct ChatroomExitedEvent
    {
        public readonly ChatroomText Room;
        public readonly ulong User;
        public readonly ChatroomText Nick;
        public readonly ChatroomParting Reason;
        public readonly uint Members;
        public readonly ulong Roster;
    }

    public readonly struct ChatroomRenamedEvent
    {
        public readonly ChatroomText Room;
        public readonly ulong User;
        public readonly ChatroomText Nick, Old;
        public readonly ulong Roster;
    }

    public readonly struct ChatroomMessageEvent
    {
        public readonly ChatroomText Room;
        public readonly ulong Number, Time, User;
        public readonly ChatroomText Nick;
        public readonly ChatroomMessageKind Kind;
        public readonly ChatroomText Text;
        public readonly ulong ReplyTo;
        public readonly ChatroomText Nonce;
        public readonly uint Bytes;
    }

    public readonly struct ChatroomGapEvent
    {
        public readonly ChatroomText Room;
        public readonly ulong From, To;
    }

    public readonly unsafe struct ChatroomMessagesList
    {
        readonly ChatroomMessageEvent* data;
        readonly UIntPtr size;

        public int Count => (int)size;
        public ref readonly ChatroomMessageEvent this[int at] => ref data[Items.Checked(at, size)];
    }

    public readonly struct ChatroomHistoryPageEvent
    {
        public readonly ulong Ref;
        public readonly ChatroomText Room;
        public readonly ChatroomMessagesList Messages;
        public readonly ulong First, Last;
        public readonly ChatroomFlag Complete;
    }

    public readonly struct ChatroomRoomItem
    {
        public readonly ChatroomText Room, Title;
        public readonly uint Members, Capacity;
        public readonly ulong Id;
        public readonly ChatroomFlag Managed;
    }

    public readonly unsafe struct ChatroomRoomsList
    {
        readonly ChatroomRoomItem* data;
        readonly UIntPtr size;

        public int Count => (int)size;
        public ref readonly ChatroomRoomItem this[int at] => ref data[Items.Checked(at, size)];
    }

    public readonly struct ChatroomRoomsPageEvent
    {
        public readonly ulong Ref;
        public readonly ChatroomRoomsList Rooms;
        public readonly ulong Next;
        public readonly ChatroomFlag Complete;
    }

    public readonly struct ChatroomMemberItem
    {
        public readonly ulong User;
        public readonly ChatroomText Nick;
        public readonly ChatroomFlag Online;
    }

    public readonly unsafe struct ChatroomMembersList
    {
        readonly ChatroomMemberItem* data;
        readonly UIntPtr size;

        public int Count => (int)size;
        public ref readonly ChatroomMemberItem this[int at] => ref data[Items.Checked(at, size)];
    }

    public readonly struct ChatroomMembersPageEvent
    {
        public readonly ulong Ref;
        public readonly ChatroomText Room;
        public readonly ChatroomMembersList Members;
        public readonly ulong Roster, Next;
        public readonly ChatroomFlag Complete;
    }

    // ---- The host's side -----------------------------------------------------------------------

    public enum ChatroomWire : uint { Json = 0, Lines = 1, Binary = 2, Typed = 3 }

    public enum ChatroomStored { Yes = 0, No = 1, Pending = 2 }

    public enum ChatroomOrigin : uint { Here = 0, Elsewhere = 1, Recovery = 2 }

    public enum ChatroomScope : uint { Everything = 0, Migration = 1 }

    /// <summary>One of those whom a frame goes to; Tag is as the host gave it to Connect.</summary>
    public readonly struct ChatroomRecipient
    {
        public readonly uint Session;
        public readonly ulong Tag;
    }

    /// <summary>Those whom one frame goes to, for foreach, inside Send. A loop that is left early
    /// is gone on with by the next one.</summary>
    public readonly unsafe struct ChatroomRecipients
    {
        readonly IntPtr to;

        internal ChatroomRecipients(IntPtr to) => this.to = to;

        public int Count => (int)ChatroomNative.chatroom_recipients_count(to);
        public Enumerator GetEnumerator() => new Enumerator(to);

        public struct Enumerator
        {
            readonly IntPtr to;

            internal Enumerator(IntPtr to)
            {
                this.to = to;
                Current = default(ChatroomRecipient);
            }

            public ChatroomRecipient Current { get; private set; }

            public bool MoveNext()
            {
                ChatroomRecipient next;
                if (ChatroomNative.chatroom_recipients_next(to, &next) == 0) return false;
                Current = next;
                return true;
            }
        }
    }

    /// <summary>What the operator sees of a command: every one that is done or refused.</summary>
    public readonly unsafe struct ChatroomObservation
    {
        public readonly ChatroomOrigin Origin;
        public readonly uint Session;
        public readonly ulong User;
        public readonly ChatroomCommand* Command;      // null when the frame could not be read
        public readonly ChatroomError Why;
        public readonly ulong At, Ticket, Number, Time;
    }

    /// <summary>Takes a frame to its recipients. It cannot fail: where a connection is full, Pause
    /// the session, and Unpause it when there is room again.</summary>
    public delegate void ChatroomSend(ChatroomRecipients to, ChatroomEvent what,
                                      ChatroomText frame);

    /// <summary>Stores a record before it counts, in the order in which they come.</summary>
    public delegate ChatroomStored ChatroomLog(ChatroomText record, ulong number);

    /// <summary>Sees every command that is done or refused.</summary>
    public delegate void ChatroomObserve(in ChatroomObservation seen);

    /// <summary>Fills in unpredictable bytes; false for failure.</summary>
    public unsafe delegate bool ChatroomEntropy(byte* into, int bytes);

    /// <summary>What the engine takes from the host. Only Send is mandatory; without Entropy it is
    /// the operating system's.</summary>
    public sealed class ChatroomHost
    {
        public ChatroomSend Send;
        public ChatroomLog Log;
        public ChatroomObserve Observe;
        public ChatroomEntropy Entropy;
    }

    // ---- The engine ----------------------------------------------------------------------------

    /// <summary>What has native memory and callbacks out of it.</summary>
    public abstract unsafe class ChatroomObject : IDisposable
    {
        readonly ChatroomEntropy draw;
        IntPtr native;
        GCHandle self;                 // Weak, so that an object that is forgotten is collected.
        Exception kept;                // What left a callback, until the outer call has returned.
        int callbacks;                 // How many are running.

        internal ChatroomObject(ChatroomEntropy draw)
        {
            this.draw = draw;
            if (ChatroomNative.chatroom_abi_version() != ChatroomNative.AbiVersion)
                throw new NotSupportedException("the library is of another version");
            self = GCHandle.Alloc(this, GCHandleType.Weak);
        }

        ~ChatroomObject() => Close();

        /// <summary>Gives the memory back; nothing is sent. Not inside a callback.</summary>
        public void Dispose()
        {
            Check(Close());
            GC.SuppressFinalize(this);
        }

        /// What a callback gets, to find this object by Enter.
        internal IntPtr Context => GCHandle.ToIntPtr(self);

        internal IntPtr Native
        {
            get => native != IntPtr.Zero ? native : throw new ObjectDisposedException(
                GetType().Name);
            set => native = value;
        }

        internal abstract ChatroomError CloseNative(IntPtr native);

        ChatroomError Close()
        {
            if (native != IntPtr.Zero)
            {
                var why = CloseNative(native);
                if (why != ChatroomError.None) return why;
            }
            native = IntPtr.Zero;
            if (self.IsAllocated) self.Free();
            return ChatroomError.None;
        }

        internal static bool Failed(ChatroomError why) => why != ChatroomError.None &&
            why != ChatroomError.Queued && why != ChatroomError.Pending;

        internal void Check(ChatroomError why)
        {
            Throw();
            if (Failed(why)) throw new ChatroomException(why);
        }

        /// What a callback threw, once no native code is left on the stack.
        internal void Throw()
        {
            if (kept == null || callbacks != 0) return;
            var thrown = kept;
            kept = null;
            ExceptionDispatchInfo.Capture(thrown).Throw();
        }

        /// Throws when `count` bytes from `at` on are not all in the array.
        internal static void CheckPart(byte[] frame, int at, int count)
        {
            if (frame == null) throw new ArgumentNullException(nameof(frame));
            if (at < 0 || count < 0 || at > frame.Length - count)
                throw new ArgumentOutOfRangeException(nameof(count));
        }

        /// Every callback begins and ends with these two.
        internal static ChatroomObject Enter(IntPtr context)
        {
            var entered = (ChatroomObject)GCHandle.FromIntPtr(context).Target;
            ++entered.callbacks;
            return entered;
        }

        internal void Exit(Exception thrown)
        {
            --callbacks;
            if (kept == null) kept = thrown;       // The first one is the cause of others.
        }

        static readonly ChatroomEntropyFn entropy = OnEntropy;

        /// The host's source of randomness for native code; without one, the operating system's.
        internal IntPtr Entropy =>
            draw == null ? IntPtr.Zero : Marshal.GetFunctionPointerForDelegate(entropy);

        [MonoPInvokeCallback(typeof(ChatroomEntropyFn))]
        static int OnEntropy(byte* into, UIntPtr bytes, IntPtr context)
        {
            var entered = Enter(context);
            var filled = false;
            Exception thrown = null;
            try
            {
                filled = entered.draw(into, (int)bytes);
            }
            catch (Exception why)
            {
                thrown = why;
            }
            entered.Exit(thrown);
            return filled ? 1 : 0;
        }
    }

    /// <summary>A chat service without a network of its own.</summary>
    public sealed unsafe class ChatroomEngine : ChatroomObject
    {
        /// <summary>The actor that stands above all: takes the place of a session.</summary>
        public const uint Host = 0xffffffff;

        const int ItemsOfPage = 50;

        readonly ChatroomHost host;
        Items items;

        /// <summary>Opens an engine with every feature and codec.</summary>
        public ChatroomEngine(ChatroomHost host, ChatroomConfig config = default(ChatroomConfig))
            : base(host?.Entropy)
        {
            if (host == null || host.Send == null) throw new ArgumentNullException("host.Send");
            this.host = host;
            var all = new ChatroomEnvironment { StructSize = (uint)sizeof(ChatroomEnvironment) };
            all.SendContext = all.LogContext = all.ObserveContext = all.EntropyContext = Context;
            all.Send = Marshal.GetFunctionPointerForDelegate(send);
            if (host.Log != null) all.Log = Marshal.GetFunctionPointerForDelegate(log);
            if (host.Observe != null) all.Observe = Marshal.GetFunctionPointerForDelegate(observe);
            all.Entropy = Entropy;
            config.StructSize = (uint)sizeof(ChatroomConfig);
            IntPtr opened;
            var why = ChatroomNative.chatroom_open(&config, &all, &opened);
            Native = opened;
            var fault = Marshal.PtrToStringAnsi(ChatroomNative.chatroom_config_fault(&config));
            Throw();
            if (why != ChatroomError.None) throw new ChatroomException(why, fault ?? "");
        }

        internal override ChatroomError CloseNative(IntPtr chat)
        {
            var why = ChatroomNative.chatroom_close(chat);
            if (why == ChatroomError.None) items.Dispose();
            return why;
        }

        /// <summary>The version of the library, such as "0.1.0".</summary>
        public static string Version =>
            Marshal.PtrToStringAnsi(ChatroomNative.chatroom_version());

        /// <summary>The operating system's time in Unix milliseconds, for Tick.</summary>
        public static ulong Now => ChatroomNative.chatroom_hosted_now();

        // ---- Sessions

        /// <summary>Takes up a connection and welcomes it. With a user that the host vouches for,
        /// it is logged in at once.</summary>
        public uint Connect(ChatroomWire wire = ChatroomWire.Json, ulong tag = 0,
                            string user = null, string nick = null, uint frameBytesMax = 0)
        {
            using (var identity = new Utf8(user))
            using (var name = new Utf8(nick))
            {
                var peer = new ChatroomPeer
                {
                    StructSize = (uint)sizeof(ChatroomPeer), Wire = wire, Tag = tag,
                    FrameBytesMax = frameBytesMax, User = identity.Text, Nick = name.Text
                };
                uint session;
                Check(ChatroomNative.chatroom_connect(Native, &peer, &session));
                return session;
            }
        }

        /// <summary>Ends a session; its user can resume for a while. false: it has ended.</summary>
        public bool Disconnect(uint session) =>
            Known(ChatroomNative.chatroom_disconnect(Native, session));

        /// <summary>Holds back all that goes to a session. false: it has ended.</summary>
        public bool Pause(uint session) => Known(ChatroomNative.chatroom_pause(Native, session));

        /// <summary>Tells a session what it missed, and goes on. false: it has ended.</summary>
        public bool Unpause(uint session) =>
            Known(ChatroomNative.chatroom_unpause(Native, session));

        /// <summary>Takes a frame as it came from the network; the reply goes to the session.
        /// false: it was not taken, since the session is paused, or, inside a callback, the queue
        /// is full: offer the same frame again later.</summary>
        public bool Receive(uint session, byte[] frame, int at, int count)
        {
            CheckPart(frame, at, count);
            fixed (byte* data = frame) return Receive(session, data + at, count);
        }

        /// <summary>From a client in the same program.</summary>
        public bool Receive(uint session, ChatroomText frame) =>
            Receive(session, frame.Data, frame.Size);

        public bool Receive(uint session, byte* frame, int bytes)
        {
            var why = ChatroomNative.chatroom_receive(Native, session, frame, (UIntPtr)(uint)bytes);
            if (why != ChatroomError.Paused && why != ChatroomError.QueueFull)
            {
                Check(why);
                return true;
            }
            Throw();
            return false;
        }

        // ---- Commands. `by` is a session, or Host, then on behalf of `user` if that is not 0.
        // Inside a callback they are queued; what became of them comes by Observe, with the ticket.

        public ChatroomOutcome Configure(string name, ulong value)
        {
            using (var policy = new Utf8(name))
            {
                var what = new ChatroomConfigureCommand { Name = policy.Text, Value = value };
                return Submit(Host, 0, ChatroomCommandType.Configure, &what,
                              sizeof(ChatroomConfigureCommand));
            }
        }

        public ChatroomOutcome Guest(uint by, string nick)
        {
            using (var name = new Utf8(nick))
            {
                var what = new ChatroomGuestCommand { Nick = name.Text };
                return Submit(by, 0, ChatroomCommandType.Guest, &what,
                              sizeof(ChatroomGuestCommand));
            }
        }

        /// <summary>Logs in again by a token, and asks for what was missed since the cursors.
        /// </summary>
        public ChatroomOutcome Resume(uint by, string token, params ChatroomPlace[] places)
        {
            var names = new Utf8[places.Length];
            using (var digits = new Utf8(token))
            fixed (ChatroomCursor* cursors = new ChatroomCursor[places.Length])
            {
                try
                {
                    for (var i = 0; i < places.Length; ++i)
                    {
                        names[i] = new Utf8(places[i].Room);
                        cursors[i].Room = names[i].Text;
                        cursors[i].After = places[i].After;
                        cursors[i].Id = places[i].Id;
                    }
                    var what = new ChatroomResumeCommand { Token = digits.Text };
                    what.Cursors.Data = cursors;
                    what.Cursors.Size = (UIntPtr)places.Length;
                    return Submit(by, 0, ChatroomCommandType.Resume, &what,
                                  sizeof(ChatroomResumeCommand));
                }
                finally
                {
                    for (var i = 0; i < names.Length; ++i) names[i].Dispose();
                }
            }
        }

        public ChatroomOutcome Token(uint by) => Submit(by, 0, ChatroomCommandType.Token, null, 0);

        public ChatroomOutcome Logout(uint by) =>
            Submit(by, 0, ChatroomCommandType.Logout, null, 0);

        public ChatroomOutcome Nick(uint by, string nick, ulong user = 0)
        {
            using (var name = new Utf8(nick))
            {
                var what = new ChatroomNickCommand { Nick = name.Text };
                return Submit(by, user, ChatroomCommandType.Nick, &what,
                              sizeof(ChatroomNickCommand));
            }
        }

        public ChatroomOutcome Create(uint by, string room, string title = null,
                                      string topic = null, uint capacity = 0,
                                      bool persistent = false, bool managed = false, ulong user = 0)
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
                return Submit(by, user, ChatroomCommandType.Create, &what,
                              sizeof(ChatroomCreateCommand));
            }
        }

        public ChatroomOutcome Join(uint by, string room, uint history = 0, ulong user = 0)
        {
            using (var name = new Utf8(room))
            {
                var what = new ChatroomJoinCommand { Room = name.Text, History = history };
                return Submit(by, user, ChatroomCommandType.Join, &what,
                              sizeof(ChatroomJoinCommand));
            }
        }

        public ChatroomOutcome Leave(uint by, string room, ulong user = 0)
        {
            using (var name = new Utf8(room))
            {
                var what = new ChatroomLeaveCommand { Room = name.Text };
                return Submit(by, user, ChatroomCommandType.Leave, &what,
                              sizeof(ChatroomLeaveCommand));
            }
        }

        public ChatroomOutcome Set(uint by, string room, ChatroomRoomProperty property,
                                   string value, ulong user = 0)
        {
            using (var name = new Utf8(room))
            using (var text = new Utf8(value))
            {
                var what = new ChatroomSetCommand
                {
                    Room = name.Text, Property = property, Value = text.Text
                };
                return Submit(by, user, ChatroomCommandType.Set, &what, sizeof(ChatroomSetCommand));
            }
        }

        public ChatroomOutcome Destroy(string room)
        {
            using (var name = new Utf8(room))
            {
                var what = new ChatroomDestroyCommand { Room = name.Text };
                return Submit(Host, 0, ChatroomCommandType.Destroy, &what,
                              sizeof(ChatroomDestroyCommand));
            }
        }

        public ChatroomOutcome Post(uint by, string room, string text,
                                    ChatroomMessageKind kind = ChatroomMessageKind.Text,
                                    ulong replyTo = 0, string nonce = null, ulong user = 0)
        {
            using (var name = new Utf8(room))
            using (var said = new Utf8(text))
            using (var once = new Utf8(nonce))
            {
                var what = new ChatroomPostCommand
                {
                    Room = name.Text, Text = said.Text, Kind = kind, ReplyTo = replyTo,
                    Nonce = once.Text
                };
                return Submit(by, user, ChatroomCommandType.Post, &what,
                              sizeof(ChatroomPostCommand));
            }
        }

        /// <summary>Carries out a command of any type; the methods above are this one.</summary>
        public ChatroomOutcome Submit(uint by, ulong user, ChatroomCommandType type, void* body,
                                      int bytes)
        {
            var what = new ChatroomCommand { Type = type, Bytes = (UIntPtr)(uint)bytes };
            what.Body = body;
            var outcome = new ChatroomOutcome { StructSize = (uint)sizeof(ChatroomOutcome) };
            var why = ChatroomNative.chatroom_submit(Native, by, user, &what, &outcome);
            Throw();
            if (Failed(why)) throw new ChatroomException(why, *ChatroomNative.chatroom_why(Native));
            return outcome;
        }

        // ---- Reads. Pages and their texts live until the next call of this engine. Who looks is a
        // session, Host, or, when it is not 0, `user`.

        public ChatroomHistoryPageEvent History(uint by, string room,
            ChatroomSelector selector = ChatroomSelector.Latest, ulong number = 0, ulong until = 0,
            uint limit = ItemsOfPage, ulong user = 0)
        {
            using (var name = new Utf8(room))
            {
                var what = new ChatroomHistoryCommand
                {
                    Room = name.Text, Selector = selector, Number = number, Until = until,
                    Limit = limit
                };
                ChatroomHistoryPageEvent* page;
                Check(ChatroomNative.chatroom_history(Native, by, user, &what,
                    (ChatroomMessageEvent*)items.Space(limit, sizeof(ChatroomMessageEvent)),
                    (UIntPtr)limit, &page));
                return *page;
            }
        }

        public ChatroomRoomsPageEvent Rooms(uint by, ulong after = 0, uint limit = ItemsOfPage,
                                            ulong user = 0)
        {
            var what = new ChatroomRoomsCommand { After = after, Limit = limit };
            ChatroomRoomsPageEvent* page;
            Check(ChatroomNative.chatroom_rooms(Native, by, user, &what,
                (ChatroomRoomItem*)items.Space(limit, sizeof(ChatroomRoomItem)), (UIntPtr)limit,
                &page));
            return *page;
        }

        public ChatroomMembersPageEvent Members(uint by, string room, ulong after = 0,
                                                uint limit = ItemsOfPage, ulong user = 0)
        {
            using (var name = new Utf8(room))
            {
                var what = new ChatroomMembersCommand
                {
                    Room = name.Text, After = after, Limit = limit
                };
                ChatroomMembersPageEvent* page;
                Check(ChatroomNative.chatroom_members(Native, by, user, &what,
                    (ChatroomMemberItem*)items.Space(limit, sizeof(ChatroomMemberItem)),
                    (UIntPtr)limit, &page));
                return *page;
            }
        }

        public ChatroomJoinedEvent Room(uint by, string room, ulong user = 0)
        {
            using (var name = new Utf8(room))
            {
                ChatroomJoinedEvent* found;
                Check(ChatroomNative.chatroom_room(Native, by, user, name.Text, &found));
                return *found;
            }
        }

        // ---- Time

        /// <summary>Tells the time, in Unix milliseconds, and does what is due.</summary>
        public void Tick(ulong nowMs, bool leapConfirmed = false) =>
            Check(ChatroomNative.chatroom_tick(Native, nowMs, leapConfirmed ? 1 : 0));

        /// <summary>For hosts without a calendar: so many milliseconds have gone by.</summary>
        public void Advance(ulong elapsedMs) =>
            Check(ChatroomNative.chatroom_advance(Native, elapsedMs));

        /// <summary>How many milliseconds the engine can be left alone.</summary>
        public ulong NextTick => ChatroomNative.chatroom_next_tick(Native);

        // ---- Log and snapshots: recovery, and moving a game's chat to another host

        /// <summary>Applies a record that the log has stored.</summary>
        public void Commit(byte[] record)
        {
            fixed (byte* data = record)
                Check(ChatroomNative.chatroom_commit(Native, data, (UIntPtr)record.Length));
        }

        /// <summary>Gives up a record that was pending and is known not to be stored.</summary>
        public void Abandon(ulong number) =>
            Check(ChatroomNative.chatroom_abandon(Native, number));

        /// <summary>Applies a log, or a part of it that begins and ends with whole records. Answers
        /// None or LogTorn, in which case the log is to be cut at bytesRead.</summary>
        public ChatroomError Recover(byte[] log, out ulong recordsRead, out ulong bytesRead)
        {
            ulong records = 0, bytes = 0;
            ChatroomError why;
            fixed (byte* data = log)
                why = ChatroomNative.chatroom_recover(Native, data, (UIntPtr)log.Length, &records,
                                                      &bytes);
            recordsRead = records;
            bytesRead = bytes;
            if (why != ChatroomError.LogTorn) Check(why);
            return why;
        }

        /// <summary>The fingerprint of the shared state, 32 bytes.</summary>
        public byte[] Digest()
        {
            var digest = new byte[32];
            fixed (byte* data = digest) Check(ChatroomNative.chatroom_digest(Native, data));
            return digest;
        }

        /// <summary>The shared state; with Migration for a host that is not trusted.</summary>
        public byte[] Snapshot(ChatroomScope scope = ChatroomScope.Everything)
        {
            UIntPtr size;
            var why = ChatroomNative.chatroom_snapshot(Native, null, UIntPtr.Zero, scope, &size);
            if (why != ChatroomError.MemoryShort) Check(why);
            var whole = new byte[(int)size];
            fixed (byte* data = whole)
                Check(ChatroomNative.chatroom_snapshot(Native, data, size, scope, &size));
            return whole;
        }

        /// <summary>Takes over a snapshot, as the first thing after opening.</summary>
        public void Restore(byte[] snapshot)
        {
            fixed (byte* data = snapshot)
                Check(ChatroomNative.chatroom_restore(Native, data, (UIntPtr)snapshot.Length));
        }

        // ---- What native code answers, and what it calls

        bool Known(ChatroomError why)
        {
            if (why != ChatroomError.SessionUnknown) Check(why);
            return why != ChatroomError.SessionUnknown;
        }

        static readonly ChatroomSendFn send = OnSend;
        static readonly ChatroomLogFn log = OnLog;
        static readonly ChatroomObserveFn observe = OnObserve;

        [MonoPInvokeCallback(typeof(ChatroomSendFn))]
        static void OnSend(IntPtr to, ChatroomEvent* what, byte* frame, UIntPtr frameBytes,
                           IntPtr context)
        {
            var engine = (ChatroomEngine)Enter(context);
            Exception thrown = null;
            try
            {
                engine.host.Send(new ChatroomRecipients(to), *what,
                                 new ChatroomText(frame, (int)frameBytes));
            }
            catch (Exception why)
            {
                thrown = why;
            }
            engine.Exit(thrown);
        }

        [MonoPInvokeCallback(typeof(ChatroomLogFn))]
        static ChatroomStored OnLog(byte* record, UIntPtr bytes, ulong number, IntPtr context)
        {
            var engine = (ChatroomEngine)Enter(context);
            var stored = ChatroomStored.No;        // What threw has not stored it.
            Exception thrown = null;
            try
            {
                stored = engine.host.Log(new ChatroomText(record, (int)bytes), number);
            }
            catch (Exception why)
            {
                thrown = why;
            }
            engine.Exit(thrown);
            return stored;
        }

        [MonoPInvokeCallback(typeof(ChatroomObserveFn))]
        static void OnObserve(ChatroomObservation* seen, IntPtr context)
        {
            var engine = (ChatroomEngine)Enter(context);
            Exception thrown = null;
            try
            {
                engine.host.Observe(*seen);
            }
            catch (Exception why)
            {
                thrown = why;
            }
            engine.Exit(thrown);
        }
    }

    // ---- Inside --------------------------------------------------------------------------------

    /// The UTF-8 of a string in memory that the garbage collector does not know, until Dispose.
    unsafe struct Utf8 : IDisposable
    {
        byte* data;
        readonly int size;

        internal Utf8(string from)
        {
            data = null;
            size = 0;
            if (string.IsNullOrEmpty(from)) return;
            fixed (char* characters = from)
            {
                size = Encoding.UTF8.GetByteCount(characters, from.Length);
                data = (byte*)Marshal.AllocHGlobal(size);
                Encoding.UTF8.GetBytes(characters, from.Length, data, size);
            }
        }

        internal ChatroomText Text => new ChatroomText(data, size);

        public void Dispose()
        {
            Marshal.FreeHGlobal((IntPtr)data);
            data = null;
        }
    }

    /// Room for the items of a page, kept for the next one.
    unsafe struct Items : IDisposable
    {
        IntPtr space;
        long bytes;

        internal void* Space(uint count, int size)
        {
            var wanted = Math.Max(1, (long)count * size);
            if (wanted > bytes)
            {
                Dispose();
                space = Marshal.AllocHGlobal((IntPtr)wanted);
                bytes = wanted;
            }
            return (void*)space;
        }

        public void Dispose()
        {
            Marshal.FreeHGlobal(space);
            space = IntPtr.Zero;
            bytes = 0;
        }

        /// An index of a list, which is an array that C has bounds of.
        internal static int Checked(int at, UIntPtr size)
        {
            if (at < 0 || at >= (int)size) throw new ArgumentOutOfRangeException(nameof(at));
            return at;
        }
    }

    /// IL2CPP and Mono's ahead-of-time compiler look for an attribute of this name, of any
    /// namespace, on what native code calls.
    [AttributeUsage(AttributeTargets.Method)]
    sealed class MonoPInvokeCallbackAttribute : Attribute
    {
        public MonoPInvokeCallbackAttribute(Type type) { }
    }

    struct ChatroomPeer
    {
        internal uint StructSize;
        internal ChatroomWire Wire;
        internal ulong Tag;
        internal uint FrameBytesMax;
        internal ChatroomText User, Nick;
    }

    struct ChatroomEnvironment
    {
        internal uint StructSize, MemoryZeroed;
        internal IntPtr Send, SendContext, Log, LogContext, Observe, ObserveContext;
        internal IntPtr Entropy, EntropyContext;
        internal IntPtr Buffer;
        internal UIntPtr BufferBytes;
        internal IntPtr Allocate, Release, MemoryContext;
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    unsafe delegate void ChatroomSendFn(IntPtr to, ChatroomEvent* what, byte* frame,
                                        UIntPtr frameBytes, IntPtr context);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    unsafe delegate ChatroomStored ChatroomLogFn(byte* record, UIntPtr bytes, ulong number,
                                                 IntPtr context);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    unsafe delegate void ChatroomObserveFn(ChatroomObservation* seen, IntPtr context);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    unsafe delegate int ChatroomEntropyFn(byte* into, UIntPtr bytes, IntPtr context);

    /// The functions of chatroom_c.h, as they stand there.
    static unsafe partial class ChatroomNative
    {
        internal const uint AbiVersion = 0;

        // Where plugins are linked into the program, their functions are in the program itself.
#if (UNITY_IOS || UNITY_TVOS || UNITY_WEBGL) && !UNITY_EDITOR
        const string Library = "__Internal";
#else
        const string Library = "chatroom";
#endif
        const CallingConvention C = CallingConvention.Cdecl;

        [DllImport(Library, CallingConvention = C)]
        internal static extern IntPtr chatroom_version();
        [DllImport(Library, CallingConvention = C)]
        internal static extern uint chatroom_abi_version();
        [DllImport(Library, CallingConvention = C)]
        internal static extern IntPtr chatroom_error_name(ChatroomError why);
        [DllImport(Library, CallingConvention = C)]
        internal static extern IntPtr chatroom_error_text(ChatroomError why);
        [DllImport(Library, CallingConvention = C)]
        internal static extern IntPtr chatroom_config_fault(ChatroomConfig* config);
        [DllImport(Library, CallingConvention = C)]
        internal static extern int chatroom_recipients_next(IntPtr to, ChatroomRecipient* next);
        [DllImport(Library, CallingConvention = C)]
        internal static extern UIntPtr chatroom_recipients_count(IntPtr to);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ulong chatroom_hosted_now();
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_open(ChatroomConfig* config,
            ChatroomEnvironment* host, IntPtr* chat);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_close(IntPtr chat);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_connect(IntPtr chat, ChatroomPeer* who,
            uint* session);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_disconnect(IntPtr chat, uint session);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_receive(IntPtr chat, uint session,
            byte* frame, UIntPtr bytes);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_pause(IntPtr chat, uint session);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_unpause(IntPtr chat, uint session);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_submit(IntPtr chat, uint by, ulong user,
            ChatroomCommand* what, ChatroomOutcome* outcome);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomFailureEvent* chatroom_why(IntPtr chat);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_history(IntPtr chat, uint by, ulong user,
            ChatroomHistoryCommand* what, ChatroomMessageEvent* items, UIntPtr capacity,
            ChatroomHistoryPageEvent** page);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_rooms(IntPtr chat, uint by, ulong user,
            ChatroomRoomsCommand* what, ChatroomRoomItem* items, UIntPtr capacity,
            ChatroomRoomsPageEvent** page);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_members(IntPtr chat, uint by, ulong user,
            ChatroomMembersCommand* what, ChatroomMemberItem* items, UIntPtr capacity,
            ChatroomMembersPageEvent** page);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_room(IntPtr chat, uint by, ulong user,
            ChatroomText name, ChatroomJoinedEvent** found);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_tick(IntPtr chat, ulong nowMs,
            int leapConfirmed);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_advance(IntPtr chat, ulong elapsedMs);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ulong chatroom_next_tick(IntPtr chat);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_commit(IntPtr chat, byte* record,
            UIntPtr bytes);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_abandon(IntPtr chat, ulong number);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_recover(IntPtr chat, byte* log, UIntPtr bytes,
            ulong* recordsRead, ulong* bytesRead);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_digest(IntPtr chat, byte* digest);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_snapshot(IntPtr chat, byte* into,
            UIntPtr capacity, ChatroomScope scope, UIntPtr* bytes);
        [DllImport(Library, CallingConvention = C)]
        internal static extern ChatroomError chatroom_restore(IntPtr chat, byte* snapshot,
            UIntPtr bytes);
    }
}
