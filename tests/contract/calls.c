/* Every call: what it does, and what it answers to arguments that are wrong. */
#include "contract.h"

static void versions(void) {
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", CHATROOM_VERSION_MAJOR, CHATROOM_VERSION_MINOR,
             CHATROOM_VERSION_PATCH);
    EXPECT(strcmp(chatroom_version(), version) == 0);
    EXPECT(chatroom_abi_version() == CHATROOM_ABI_VERSION);
}

static void errors(void) {
    EXPECT(strcmp(chatroom_error_name(CHATROOM_ERROR_NONE), "none") == 0);
    EXPECT(strcmp(chatroom_error_name(CHATROOM_ERROR_ROOM_FULL), "room_full") == 0);
    EXPECT(strlen(chatroom_error_text(CHATROOM_ERROR_ROOM_FULL)) > 10);
    EXPECT(strcmp(chatroom_error_name(-1), "unknown") == 0);
    EXPECT(strcmp(chatroom_error_name(123456), "unknown") == 0);
    EXPECT(strlen(chatroom_error_text(123456)) > 10);
}

static void texts(void) {
    EXPECT(chatroom_text_of(NULL).size == 0);
    EXPECT(chatroom_text_of("").size == 0);
    EXPECT(chatroom_text_of("lobby").size == 5);
}

/* Each call without an engine, with one that was closed, and at a place where none can be. */
static void without_engine(chatroom_engine* chat, chatroom_error wanted) {
    chatroom_session session = 7;
    chatroom_command ping;
    chatroom_message_event messages[1];
    chatroom_room_item rooms[1];
    chatroom_member_item members[1];
    chatroom_history_command history;
    chatroom_rooms_command list;
    chatroom_members_command people;
    const chatroom_history_page_event* history_page = NULL;
    const chatroom_rooms_page_event* rooms_page = NULL;
    const chatroom_members_page_event* members_page = NULL;
    const chatroom_joined_event* joined = NULL;
    chatroom_statistics stats;
    uint8_t digest[32];
    uint64_t records = 7, bytes = 7;
    size_t size = 7;
    memset(&ping, 0, sizeof ping);
    memset(&history, 0, sizeof history);
    memset(&list, 0, sizeof list);
    memset(&people, 0, sizeof people);
    ping.type = CHATROOM_COMMAND_PING;
    EXPECT(chatroom_connect(chat, NULL, &session) == wanted);
    EXPECT(session == 0);
    EXPECT(chatroom_disconnect(chat, 1) == wanted);
    EXPECT(chatroom_receive(chat, 1, "x", 1) == wanted);
    EXPECT(chatroom_pause(chat, 1) == wanted);
    EXPECT(chatroom_unpause(chat, 1) == wanted);
    EXPECT(chatroom_submit(chat, CHATROOM_HOST, 0, &ping, NULL) == wanted);
    EXPECT(chatroom_why(chat) != NULL && chatroom_why(chat)->error == CHATROOM_ERROR_NONE);
    EXPECT(chatroom_history(chat, 1, 0, &history, messages, 1, &history_page) == wanted);
    EXPECT(chatroom_rooms(chat, 1, 0, &list, rooms, 1, &rooms_page) == wanted);
    EXPECT(chatroom_members(chat, 1, 0, &people, members, 1, &members_page) == wanted);
    EXPECT(chatroom_room(chat, 1, 0, chatroom_text_of("lobby"), &joined) == wanted);
    EXPECT(chatroom_tick(chat, 1, 0) == wanted);
    EXPECT(chatroom_advance(chat, 1) == wanted);
    EXPECT(chatroom_next_tick(chat) == UINT64_MAX);
    EXPECT(chatroom_commit(chat, "x", 1) == wanted);
    EXPECT(chatroom_abandon(chat, 1) == wanted);
    EXPECT(chatroom_recover(chat, "x", 1, &records, &bytes) == wanted);
    EXPECT(records == 0 && bytes == 0);
    EXPECT(chatroom_digest(chat, digest) == wanted);
    EXPECT(chatroom_snapshot(chat, NULL, 0, CHATROOM_SCOPE_EVERYTHING, &size) == wanted);
    EXPECT(size == 0);
    EXPECT(chatroom_restore(chat, "x", 1) == wanted);
    EXPECT(chatroom_stats(chat, &stats, sizeof stats) == wanted);
}

static void engines_that_are_not_there(void) {
    static uint64_t nothing[128];
    chatroom_engine* const within = (chatroom_engine*)(void*)((char*)nothing + 1);
    without_engine(NULL, CHATROOM_ERROR_INVALID_ARGUMENT);
    without_engine(within, CHATROOM_ERROR_INVALID_ARGUMENT);
    without_engine((chatroom_engine*)(void*)nothing, CHATROOM_ERROR_ENGINE_CLOSED);
    ANSWERS(NONE, chatroom_close(NULL));
    ANSWERS(INVALID_ARGUMENT, chatroom_close(within));
    ANSWERS(ENGINE_CLOSED, chatroom_close((chatroom_engine*)(void*)nothing));
}

static void engine_that_was_closed(void) {
    static host of;
    chatroom_config how = small_config();
    chatroom_environment all = host_environment(&of);
    const size_t bytes = chatroom_footprint(&how);
    void* memory = malloc(bytes);
    ANSWERS(NONE, chatroom_open_in(&how, &all, memory, bytes, &of.chat));
    ANSWERS(NONE, chatroom_close(of.chat));
    without_engine(of.chat, CHATROOM_ERROR_ENGINE_CLOSED);
    ANSWERS(ENGINE_CLOSED, chatroom_close(of.chat));
    free(memory);
}

static void sessions(void) {
    static host of;
    static const char guest[] = "{\"op\":\"guest\",\"nick\":\"bob\"}";
    chatroom_session alice, bob, none = 7;
    chatroom_peer who;
    host_open(&of, -1);
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 11);
    EXPECT(last_told(&of)->type == CHATROOM_EVENT_WELCOME && last_told(&of)->tag == 11);
    EXPECT(last_told(&of)->frame_bytes == 0 && last_told(&of)->must_arrive == 1);
    bob = connect_as(&of, CHATROOM_WIRE_JSON, 12);
    EXPECT(last_told(&of)->frame_bytes != 0);
    ANSWERS(NONE, be_guest(&of, alice, "alice", NULL));
    ANSWERS(NONE, chatroom_receive(of.chat, bob, guest, sizeof guest - 1));
    EXPECT(last_told(&of)->type == CHATROOM_EVENT_OK);
    ANSWERS(INVALID_ARGUMENT, chatroom_receive(of.chat, bob, NULL, 1));
    ANSWERS(NONE, chatroom_receive(of.chat, bob, NULL, 0));
    EXPECT(last_told(&of)->type == CHATROOM_EVENT_FAILURE);
    EXPECT(last_told(&of)->failure.error == CHATROOM_ERROR_FRAME_MALFORMED);
    ANSWERS(NONE, join_room(&of, alice, "lobby", NULL));
    ANSWERS(NONE, join_room(&of, bob, "lobby", NULL));

    ANSWERS(NONE, chatroom_pause(of.chat, alice));
    ANSWERS(PAUSED, chatroom_receive(of.chat, alice, "x", 1));
    ANSWERS(NONE, say(&of, bob, "lobby", "missed", NULL));
    EXPECT(times_told(&of, alice, CHATROOM_EVENT_MESSAGE) == 0);
    ANSWERS(NONE, chatroom_unpause(of.chat, alice));
    EXPECT(times_told(&of, alice, CHATROOM_EVENT_MESSAGE) == 1);
    EXPECT(of.events[of.count - 1].session == alice);

    ANSWERS(NONE, chatroom_disconnect(of.chat, alice));
    ANSWERS(SESSION_UNKNOWN, chatroom_disconnect(of.chat, alice));
    ANSWERS(SESSION_UNKNOWN, chatroom_pause(of.chat, alice));
    ANSWERS(SESSION_UNKNOWN, chatroom_unpause(of.chat, alice));
    ANSWERS(SESSION_UNKNOWN, chatroom_receive(of.chat, alice, "x", 1));
    ANSWERS(SESSION_UNKNOWN, chatroom_disconnect(of.chat, 0));
    ANSWERS(SESSION_UNKNOWN, chatroom_disconnect(of.chat, CHATROOM_HOST));
    ANSWERS(SESSION_UNKNOWN, join_room(&of, alice, "lobby", NULL));

    ANSWERS(INVALID_ARGUMENT, chatroom_connect(of.chat, NULL, NULL));
    memset(&who, 0, sizeof who);
    ANSWERS(INVALID_ARGUMENT, chatroom_connect(of.chat, &who, &none));
    EXPECT(none == 0);
    who.struct_size = sizeof who;
    who.wire = 4;
    ANSWERS(INVALID_ARGUMENT, chatroom_connect(of.chat, &who, &none));
    who.wire = 0x10000;
    ANSWERS(INVALID_ARGUMENT, chatroom_connect(of.chat, &who, &none));
    who.wire = CHATROOM_WIRE_JSON;
    who.frame_bytes_max = 10;
    ANSWERS(INVALID_ARGUMENT, chatroom_connect(of.chat, &who, &none));
    who.frame_bytes_max = 0;
    who.user.size = 3;
    ANSWERS(INVALID_ARGUMENT, chatroom_connect(of.chat, &who, &none));
    who.user.size = 0;
    who.nick.size = 3;
    ANSWERS(INVALID_ARGUMENT, chatroom_connect(of.chat, &who, &none));
    host_close(&of);
}

static void vouched_user(void) {
    static host of;
    chatroom_config how = small_config();
    chatroom_environment all = host_environment(&of);
    chatroom_peer who;
    chatroom_session first = 0, second = 0;
    memset(&who, 0, sizeof who);
    who.struct_size = sizeof who;
    who.wire = CHATROOM_WIRE_TYPED;
    who.user = chatroom_text_of("steam:1");
    who.nick = chatroom_text_of("Zoe");
    how.identity_bytes_max = 16;
    how.sessions_per_user_max = 2;
    how.sessions_max = 3;
    ANSWERS(NONE, chatroom_open(&how, &all, &of.chat));
    ANSWERS(NO_TIME, chatroom_connect(of.chat, &who, &first));
    EXPECT(first == 0);
    ANSWERS(NONE, chatroom_tick(of.chat, begin_ms, 0));
    ANSWERS(NONE, chatroom_connect(of.chat, &who, &first));
    ANSWERS(NONE, chatroom_connect(of.chat, &who, &second));
    ANSWERS(USER_SESSIONS_FULL, chatroom_connect(of.chat, &who, &second));
    EXPECT(second == 0);
    who.nick.size = 0;
    ANSWERS(NICK_INVALID, chatroom_connect(of.chat, &who, &second));
    ANSWERS(NONE, join_room(&of, first, "lobby", NULL));
    host_close(&of);
}

static void typed_commands(void) {
    static host of;
    chatroom_session alice, bob;
    chatroom_outcome out = outcome_of();
    chatroom_create_command create;
    chatroom_set_command set;
    chatroom_leave_command leave;
    chatroom_destroy_command destroy;
    chatroom_nick_command nick;
    chatroom_configure_command configure;
    chatroom_resume_command resume;
    chatroom_cursor cursors[2];
    char token[36];
    host_open(&of, -1);
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 1);
    bob = connect_as(&of, CHATROOM_WIRE_TYPED, 2);
    ANSWERS(NONE, be_guest(&of, alice, "alice", &out));
    EXPECT(strlen(out.token) == 32 && out.user != 0 && out.time == begin_ms);
    ANSWERS(NICK_TAKEN, be_guest(&of, bob, "ALICE", NULL));
    EXPECT(chatroom_why(of.chat)->error == CHATROOM_ERROR_NICK_TAKEN);
    EXPECT(is_text(chatroom_why(of.chat)->field, "nick"));
    ANSWERS(NONE, be_guest(&of, bob, "bob", NULL));
    nick.nick = chatroom_text_of("robert");
    ANSWERS(NONE, chatroom_nick(of.chat, bob, &nick, NULL));
    ANSWERS(NONE, chatroom_token(of.chat, alice, &out));
    memcpy(token, out.token, sizeof token);
    EXPECT(strlen(token) == 32);

    memset(&create, 0, sizeof create);
    create.room = chatroom_text_of("den");
    create.persistent = 200;   /* Any byte that is not 0 is a yes. */
    ANSWERS(NONE, chatroom_create(of.chat, CHATROOM_HOST, &create, &out));
    ANSWERS(ROOM_EXISTS, chatroom_create(of.chat, CHATROOM_HOST, &create, NULL));
    create.room = chatroom_text_of("mine");
    ANSWERS(FORBIDDEN, chatroom_create(of.chat, alice, &create, NULL));
    EXPECT(is_text(chatroom_why(of.chat)->field, "persistent"));
    ANSWERS(NONE, join_room(&of, alice, "den", NULL));
    ANSWERS(NONE, say(&of, alice, "den", "hello", &out));
    EXPECT(out.number == 1);
    ANSWERS(NONE, join_room(&of, bob, "den", NULL));
    set.room = chatroom_text_of("den");
    set.property = CHATROOM_ROOM_PROPERTY_CAPACITY;
    set.value = chatroom_text_of("5");
    ANSWERS(NONE, chatroom_set(of.chat, CHATROOM_HOST, &set, NULL));
    ANSWERS(FORBIDDEN, chatroom_set(of.chat, bob, &set, NULL));
    set.property = 5;
    ANSWERS(INVALID_ARGUMENT, chatroom_set(of.chat, CHATROOM_HOST, &set, NULL));

    ANSWERS(NONE, chatroom_disconnect(of.chat, alice));
    ANSWERS(NONE, say(&of, bob, "den", "while you were away", NULL));
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 3);
    cursors[0].room = chatroom_text_of("den");
    cursors[0].after = 1;
    cursors[0].id = 0;
    resume.token = chatroom_text_of(token);
    resume.cursors.data = cursors;
    resume.cursors.size = 1;
    of.count = 0;
    ANSWERS(NONE, chatroom_resume(of.chat, alice, &resume, &out));
    EXPECT(strlen(out.token) == 32 && strcmp(out.token, token) != 0);
    EXPECT(times_told(&of, alice, CHATROOM_EVENT_JOINED) == 1);
    EXPECT(times_told(&of, alice, CHATROOM_EVENT_MESSAGE) == 1);
    EXPECT(times_told(&of, alice, CHATROOM_EVENT_CAUGHT_UP) == 1);
    EXPECT(is_text(cursors[0].room, "den"));   /* What is borrowed is not changed. */

    leave.room = chatroom_text_of("den");
    ANSWERS(NONE, chatroom_leave(of.chat, bob, &leave, NULL));
    ANSWERS(ROOM_UNKNOWN, chatroom_leave(of.chat, bob, &leave, NULL));
    destroy.room = chatroom_text_of("den");
    ANSWERS(NONE, chatroom_destroy(of.chat, &destroy, NULL));
    EXPECT(times_told(&of, alice, CHATROOM_EVENT_LEFT) == 1);
    configure.name = chatroom_text_of("create_on_join");
    configure.value = 0;
    ANSWERS(NONE, chatroom_configure(of.chat, &configure, NULL));
    ANSWERS(ROOM_UNKNOWN, join_room(&of, alice, "new", NULL));
    configure.name = chatroom_text_of("no such policy");
    ANSWERS(INVALID_ARGUMENT, chatroom_configure(of.chat, &configure, NULL));
    EXPECT(is_text(chatroom_why(of.chat)->found, "no such policy"));
    ANSWERS(NONE, chatroom_logout(of.chat, alice, NULL));
    ANSWERS(LOGIN_REQUIRED, chatroom_logout(of.chat, alice, NULL));
    host_close(&of);
}

static void wrong_commands(void) {
    static host of;
    chatroom_session alice;
    chatroom_command command;
    chatroom_outcome out = outcome_of();
    chatroom_resume_command resume;
    chatroom_cursor cursors[6];
    struct {
        chatroom_join_command join;
        unsigned char later[8];
    } longer;
    host_open(&of, -1);
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 1);
    ANSWERS(NONE, be_guest(&of, alice, "alice", NULL));
    ANSWERS(INVALID_ARGUMENT, chatroom_submit(of.chat, alice, 0, NULL, NULL));
    memset(&command, 0, sizeof command);
    memset(&longer, 0, sizeof longer);

    ANSWERS(OP_UNKNOWN, chatroom_submit(of.chat, alice, 0, &command, NULL));
    command.type = 999;
    ANSWERS(OP_UNKNOWN, chatroom_submit(of.chat, alice, 0, &command, NULL));
    command.type = 0x10000 + CHATROOM_COMMAND_PING;
    ANSWERS(OP_UNKNOWN, chatroom_submit(of.chat, alice, 0, &command, NULL));
    for (command.type = CHATROOM_COMMAND_BOOT; command.type <= CHATROOM_COMMAND_UNBIND;
         ++command.type) {
        ANSWERS(INVALID_ARGUMENT, chatroom_submit(of.chat, CHATROOM_HOST, 0, &command, NULL));
    }
    for (command.type = CHATROOM_COMMAND_ROOMS; command.type <= CHATROOM_COMMAND_MEMBERS;
         ++command.type) {   /* Reads are not submitted. */
        ANSWERS(INVALID_ARGUMENT, chatroom_submit(of.chat, alice, 0, &command, NULL));
    }
    command.type = CHATROOM_COMMAND_PING;
    ANSWERS(INVALID_ARGUMENT, chatroom_submit(of.chat, alice, 0, &command, &out));
    command.type = CHATROOM_COMMAND_TOKEN;
    ANSWERS(NONE, chatroom_submit(of.chat, alice, 0, &command, &out));
    ANSWERS(INVALID_ARGUMENT, chatroom_submit(of.chat, alice, 1, &command, &out));
    out.struct_size = 0;
    ANSWERS(INVALID_ARGUMENT, chatroom_submit(of.chat, alice, 0, &command, &out));
    out.struct_size = 3;
    ANSWERS(INVALID_ARGUMENT, chatroom_submit(of.chat, alice, 0, &command, &out));

    command.type = CHATROOM_COMMAND_JOIN;
    command.bytes = sizeof longer.join;
    ANSWERS(INVALID_ARGUMENT, chatroom_submit(of.chat, alice, 0, &command, NULL));
    command.body = &longer;
    ANSWERS(MEMBER_MISSING, chatroom_submit(of.chat, alice, 0, &command, NULL));
    longer.join.room.size = 5;   /* Of nothing. */
    ANSWERS(INVALID_ARGUMENT, chatroom_submit(of.chat, alice, 0, &command, NULL));
    longer.join.room = chatroom_text_of("lobby");
    longer.join.room.size = (size_t)-1;   /* Longer than anything, so it is not looked at. */
    ANSWERS(MEMBER_TOO_LONG, chatroom_submit(of.chat, alice, 0, &command, NULL));
    longer.join.room = chatroom_text_of("lobby");
    command.bytes = sizeof longer;
    ANSWERS(NONE, chatroom_submit(of.chat, alice, 0, &command, NULL));
    longer.later[7] = 1;   /* What this version does not know is not passed over. */
    ANSWERS(INVALID_ARGUMENT, chatroom_submit(of.chat, alice, 0, &command, NULL));
    command.bytes = (size_t)-1;
    ANSWERS(INVALID_ARGUMENT, chatroom_submit(of.chat, alice, 0, &command, NULL));
    command.bytes = sizeof(chatroom_text);   /* An older version without `history`. */
    ANSWERS(NONE, chatroom_submit(of.chat, alice, 0, &command, NULL));
    command.bytes = 0;
    ANSWERS(MEMBER_MISSING, chatroom_submit(of.chat, alice, 0, &command, NULL));

    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 2);
    memset(cursors, 0, sizeof cursors);
    resume.token = chatroom_text_of("00000000000000000000000000000000");
    resume.cursors.data = NULL;
    resume.cursors.size = 1;
    ANSWERS(INVALID_ARGUMENT, chatroom_resume(of.chat, alice, &resume, NULL));
    resume.cursors.data = cursors;
    cursors[0].room.size = 1;   /* Of nothing. */
    ANSWERS(INVALID_ARGUMENT, chatroom_resume(of.chat, alice, &resume, NULL));
    cursors[0].room = chatroom_text_of("lobby");
    ANSWERS(TOKEN_INVALID, chatroom_resume(of.chat, alice, &resume, NULL));
    resume.cursors.size = 6;    /* More rooms than a user can be in. */
    ANSWERS(MEMBER_TOO_LONG, chatroom_resume(of.chat, alice, &resume, NULL));
    EXPECT(is_text(chatroom_why(of.chat)->field, "cursors"));
    resume.cursors.size = (size_t)-1;
    ANSWERS(MEMBER_TOO_LONG, chatroom_resume(of.chat, alice, &resume, NULL));
    host_close(&of);
}

static chatroom_text as_text(const char* text) {
    chatroom_text made;
    made.data = text;
    made.size = strlen(text);
    return made;
}

static void typed_lines(void) {
    chatroom_parsed_line line;
    const chatroom_text lobby = as_text("lobby"), nowhere = {NULL, 1};
    const chatroom_post_command* post;
    memset(&line, 0xff, sizeof line);
    line.struct_size = sizeof line;
    ANSWERS(NONE, chatroom_parse_line(lobby, as_text("/me waves"), &line));
    EXPECT(line.struct_size == sizeof line && line.help == 0 && line.refusal.error == 0);
    EXPECT(line.command.type == CHATROOM_COMMAND_POST);
    EXPECT(line.command.bytes == sizeof *post && line.command.body == line.body);
    post = (const chatroom_post_command*)line.command.body;
    EXPECT(is_text(post->room, "lobby") && is_text(post->text, "waves"));
    EXPECT(post->kind == CHATROOM_MESSAGE_KIND_EMOTE && post->nonce.size == 0);
    ANSWERS(NONE, chatroom_parse_line(lobby, as_text("/help"), &line));
    EXPECT(line.help == 1 && line.command.type == 0 && line.command.body == NULL);
    ANSWERS(NONE, chatroom_parse_line(lobby, as_text(" "), &line));
    EXPECT(line.help == 0 && line.command.type == 0);
    ANSWERS(OP_UNKNOWN, chatroom_parse_line(lobby, as_text("/dance now"), &line));
    EXPECT(line.refusal.error == CHATROOM_ERROR_OP_UNKNOWN && line.command.type == 0);
    EXPECT(is_text(line.refusal.field, "op") && is_text(line.refusal.found, "dance"));
    ANSWERS(INVALID_ARGUMENT, chatroom_parse_line(lobby, lobby, NULL));
    ANSWERS(INVALID_ARGUMENT, chatroom_parse_line(nowhere, lobby, &line));
    ANSWERS(INVALID_ARGUMENT, chatroom_parse_line(lobby, nowhere, &line));
    line.struct_size = sizeof line - 1;
    ANSWERS(INVALID_ARGUMENT, chatroom_parse_line(lobby, lobby, &line));
}

static void reads(void) {
    static host of;
    chatroom_session alice, bob;
    chatroom_outcome out = outcome_of();
    chatroom_history_command history;
    chatroom_rooms_command list;
    chatroom_members_command people;
    chatroom_message_event messages[3];
    chatroom_room_item rooms[3];
    chatroom_member_item members[3];
    const chatroom_history_page_event* page = NULL;
    const chatroom_rooms_page_event* rooms_page = NULL;
    const chatroom_members_page_event* members_page = NULL;
    const chatroom_joined_event* room = NULL;
    memset(&history, 0, sizeof history);
    memset(&list, 0, sizeof list);
    memset(&people, 0, sizeof people);
    history.room = people.room = chatroom_text_of("Lobby");
    host_open(&of, -1);
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 1);
    bob = connect_as(&of, CHATROOM_WIRE_TYPED, 2);
    ANSWERS(NONE, be_guest(&of, alice, "alice", &out));
    ANSWERS(NONE, be_guest(&of, bob, "bob", NULL));
    ANSWERS(NONE, join_room(&of, alice, "lobby", NULL));
    ANSWERS(NONE, say(&of, alice, "lobby", "one", NULL));
    ANSWERS(NONE, say(&of, alice, "lobby", "two", NULL));
    ANSWERS(NONE, say(&of, CHATROOM_HOST, "lobby", "three", NULL));

    ANSWERS(NONE, chatroom_history(of.chat, alice, 0, &history, messages, 3, &page));
    EXPECT(page->messages.size == 3 && page->messages.data == messages && page->last == 3);
    EXPECT(page->complete == 1 && is_text(page->room, "lobby"));
    EXPECT(is_text(messages[0].text, "one") && is_text(messages[0].nick, "alice"));
    EXPECT(messages[2].number == 3 && is_text(messages[2].text, "three") && messages[2].user == 0);
    history.limit = 1;
    history.selector = CHATROOM_SELECTOR_AFTER;
    history.number = 1;
    ANSWERS(NONE, chatroom_history(of.chat, 0, out.user, &history, messages, 3, &page));
    EXPECT(page->messages.size == 1 && is_text(messages[0].text, "two") && page->complete == 0);
    ANSWERS(NONE, chatroom_history(of.chat, CHATROOM_HOST, 0, &history, NULL, 0, &page));
    EXPECT(page->messages.size == 0);
    ANSWERS(ROOM_UNKNOWN, chatroom_history(of.chat, bob, 0, &history, messages, 3, &page));
    EXPECT(page == NULL);
    ANSWERS(SESSION_UNKNOWN, chatroom_history(of.chat, 99, 0, &history, messages, 3, &page));
    ANSWERS(INVALID_ARGUMENT, chatroom_history(of.chat, alice, 0, &history, NULL, 3, &page));
    ANSWERS(INVALID_ARGUMENT, chatroom_history(of.chat, alice, 0, NULL, messages, 3, &page));
    ANSWERS(INVALID_ARGUMENT, chatroom_history(of.chat, alice, 0, &history, messages, 3, NULL));
    history.selector = 5;
    ANSWERS(INVALID_ARGUMENT, chatroom_history(of.chat, alice, 0, &history, messages, 3, &page));
    history.selector = 0;
    history.room.data = NULL;
    ANSWERS(INVALID_ARGUMENT, chatroom_history(of.chat, alice, 0, &history, messages, 3, &page));

    ANSWERS(NONE, chatroom_rooms(of.chat, bob, 0, &list, rooms, 3, &rooms_page));
    EXPECT(rooms_page->rooms.size == 1 && rooms_page->rooms.data == rooms);
    EXPECT(is_text(rooms[0].room, "lobby") && rooms[0].members == 1 && rooms_page->complete == 1);
    ANSWERS(INVALID_ARGUMENT, chatroom_rooms(of.chat, bob, 0, NULL, rooms, 3, &rooms_page));
    ANSWERS(INVALID_ARGUMENT, chatroom_rooms(of.chat, bob, 0, &list, NULL, 3, &rooms_page));
    ANSWERS(INVALID_ARGUMENT, chatroom_rooms(of.chat, bob, 0, &list, rooms, 3, NULL));
    ANSWERS(SESSION_UNKNOWN, chatroom_rooms(of.chat, 99, 0, &list, rooms, 3, &rooms_page));

    ANSWERS(NONE, chatroom_members(of.chat, alice, 0, &people, members, 3, &members_page));
    EXPECT(members_page->members.size == 1 && members_page->members.data == members);
    EXPECT(is_text(members[0].nick, "alice") && members[0].online == 1);
    EXPECT(members[0].user == out.user && is_text(members_page->room, "lobby"));
    ANSWERS(ROOM_UNKNOWN, chatroom_members(of.chat, bob, 0, &people, members, 3, &members_page));
    ANSWERS(INVALID_ARGUMENT, chatroom_members(of.chat, alice, 0, NULL, members, 3, &members_page));
    ANSWERS(INVALID_ARGUMENT, chatroom_members(of.chat, alice, 0, &people, NULL, 3, &members_page));
    ANSWERS(INVALID_ARGUMENT, chatroom_members(of.chat, alice, 0, &people, members, 3, NULL));

    ANSWERS(NONE, chatroom_room(of.chat, alice, 0, chatroom_text_of("LOBBY"), &room));
    EXPECT(is_text(room->room, "lobby") && room->members == 1 && room->last == 3);
    EXPECT(is_text(room->rights, "post leave set"));
    ANSWERS(ROOM_UNKNOWN, chatroom_room(of.chat, bob, 0, chatroom_text_of("lobby"), &room));
    EXPECT(room == NULL);
    ANSWERS(INVALID_ARGUMENT, chatroom_room(of.chat, alice, 0, chatroom_text_of("lobby"), NULL));
    history.room.data = NULL;
    history.room.size = 4;
    ANSWERS(INVALID_ARGUMENT, chatroom_room(of.chat, alice, 0, history.room, &room));
    host_close(&of);
}

static void time_passes(void) {
    static host of;
    chatroom_session alice;
    host_open(&of, -1);
    EXPECT(chatroom_next_tick(of.chat) != 0);
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 1);
    ANSWERS(NONE, be_guest(&of, alice, "alice", NULL));
    ANSWERS(NONE, chatroom_tick(of.chat, begin_ms + 1, 0));
    EXPECT(chatroom_next_tick(of.chat) > 0);
    ANSWERS(CLOCK_LEAP, chatroom_tick(of.chat, begin_ms + 200000000u, 0));
    ANSWERS(NONE, chatroom_tick(of.chat, begin_ms + 200000000u, 1));
    ANSWERS(NONE, chatroom_advance(of.chat, 5));
    ANSWERS(INVALID_ARGUMENT, chatroom_tick(of.chat, UINT64_MAX, 1));
    ANSWERS(INVALID_ARGUMENT, chatroom_advance(of.chat, UINT64_MAX));
    EXPECT(chatroom_hosted_now() > begin_ms);
    host_close(&of);
}

static void statistics(void) {
    static host of;
    size_t i, rows = 0;
    struct {
        chatroom_statistics now;
        uint64_t later;
    } longer;
    const chatroom_stat* table = chatroom_stats_table(&rows);
    EXPECT(rows == sizeof(chatroom_statistics) / sizeof(uint64_t));
    EXPECT(chatroom_stats_table(NULL) == table);
    for (i = 0; i < rows; ++i) {
        EXPECT(table[i].offset == i * sizeof(uint64_t) && table[i].name[0] != 0);
        EXPECT(table[i].kind <= CHATROOM_STAT_KIND_GAUGE && table[i].help[0] != 0);
    }
    host_open(&of, -1);
    (void)connect_as(&of, CHATROOM_WIRE_TYPED, 1);
    memset(&longer, 0xff, sizeof longer);
    ANSWERS(NONE, chatroom_stats(of.chat, &longer.now, sizeof longer));
    EXPECT(longer.now.sessions == 1 && longer.now.sends == 1 && longer.later == 0);
    memset(&longer, 0xff, sizeof longer);
    ANSWERS(NONE, chatroom_stats(of.chat, &longer.now, 3 * sizeof(uint64_t)));
    EXPECT(longer.now.commands_accepted == 0 && longer.now.records_written == UINT64_MAX);
    ANSWERS(INVALID_ARGUMENT, chatroom_stats(of.chat, NULL, sizeof longer));
    ANSWERS(INVALID_ARGUMENT, chatroom_stats(of.chat, &longer.now, 0));
    ANSWERS(INVALID_ARGUMENT, chatroom_stats(of.chat, &longer.now, 7));
    host_close(&of);
}

int main(void) {
    CONTRACT_USES_ALL;
    versions();
    errors();
    texts();
    engines_that_are_not_there();
    engine_that_was_closed();
    sessions();
    vouched_user();
    typed_commands();
    wrong_commands();
    typed_lines();
    reads();
    time_passes();
    statistics();
    return contract_result();
}
