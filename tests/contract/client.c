/* The client half, on an engine in the same program. */
#include "contract.h"

typedef struct person {
    chatroom_client* client;
    chatroom_engine* server;
    chatroom_session session;
    host* of;
    size_t sent, told;
    uint32_t news[16];                   /* How often each came. */
    uint64_t last_tag;
    chatroom_error last_why;
    char last_room[64];
    char listed[64];
    uint64_t reply_user;
    char early[512];                     /* What it sent before its session was known. */
    size_t early_bytes;
} person;

static void person_send(const char* frame, size_t bytes, void* context) {
    person* of = (person*)context;
    chatroom_error why;
    ++of->sent;
    EXPECT(bytes != 0 && frame[0] == '{');
    ANSWERS(INSIDE_CALLBACK, chatroom_client_close(of->client));
    if (of->session == 0) {
        EXPECT(bytes <= sizeof of->early);
        if (bytes <= sizeof of->early) memcpy(of->early, frame, of->early_bytes = bytes);
        return;
    }
    why = chatroom_receive(of->server, of->session, frame, bytes);
    EXPECT(why == CHATROOM_ERROR_NONE || why == CHATROOM_ERROR_QUEUED);
}

static void person_tell(const chatroom_client_change* change, void* context) {
    person* of = (person*)context;
    ++of->told;
    EXPECT(change->what < 16);
    ++of->news[change->what & 15];
    ANSWERS(INSIDE_CALLBACK, chatroom_client_receive(of->client, "{}", 2));
    ANSWERS(INSIDE_CALLBACK, chatroom_client_restore(of->client, "", 0));
    ANSWERS(INSIDE_CALLBACK, chatroom_client_close(of->client));
    if (change->what == CHATROOM_CLIENT_NEWS_LISTED) {
        copy_text(change->item->room, of->listed, sizeof of->listed);
    }
    if (change->what != CHATROOM_CLIENT_NEWS_DONE) return;
    of->last_tag = change->tag;
    of->last_why = change->why;
    copy_text(change->room, of->last_room, sizeof of->last_room);
    if (change->reply != NULL && change->reply->user != 0) of->reply_user = change->reply->user;
    EXPECT(change->refusal == NULL || change->refusal->error == change->why);
}

/* What the engine sends goes to the client at once. */
static void server_send(chatroom_recipients* to, const chatroom_event* what, const char* frame,
                        size_t frame_bytes, void* context) {
    person* of = (person*)context;
    chatroom_recipient each;
    EXPECT(what->body != NULL);
    while (chatroom_recipients_next(to, &each) != 0) {
        ANSWERS(NONE, chatroom_client_receive(of->client, frame, frame_bytes));
    }
}

static chatroom_client_environment person_environment(person* of) {
    chatroom_client_environment all;
    memset(&all, 0, sizeof all);
    all.struct_size = sizeof all;
    all.send = person_send;
    all.send_context = of;
    all.tell = person_tell;
    all.tell_context = of;
    all.allocate = host_allocate;
    all.release = host_release;
    all.memory_context = of->of;
    all.entropy = host_entropy;
    all.entropy_context = of->of;
    return all;
}

static void connect_person(person* of) {
    ANSWERS(NONE, chatroom_client_tick(of->client, begin_ms));
    ANSWERS(NONE, chatroom_client_connected(of->client));
    ANSWERS(NONE, chatroom_connect(of->server, NULL, &of->session));
    if (of->early_bytes == 0) return;
    ANSWERS(NONE, chatroom_receive(of->server, of->session, of->early, of->early_bytes));
    of->early_bytes = 0;
}

static void opening(void) {
    static host of;
    static person one;
    static char buffer[1 << 20];
    chatroom_client_environment all;
    chatroom_client_config how;
    chatroom_client* client = NULL;
    size_t bytes;
    one.of = &of;
    all = person_environment(&one);
    memset(&how, 0, sizeof how);
    ANSWERS(INVALID_ARGUMENT, chatroom_client_open(NULL, NULL, &client));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_open(NULL, &all, NULL));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_open(&how, &all, &client));   /* struct_size 0 */
    how.struct_size = sizeof how;
    EXPECT(chatroom_client_footprint(&how) == chatroom_client_footprint(NULL));
    how.rooms_max = 1001;
    EXPECT(chatroom_client_footprint(&how) == 0);
    ANSWERS(CONFIG_INVALID, chatroom_client_open(&how, &all, &client));
    EXPECT(client == NULL);
    how.rooms_max = 2;
    how.posts_max = CHATROOM_ZERO;
    how.entries_max = 32;
    bytes = chatroom_client_footprint(&how);
    EXPECT(bytes != 0 && bytes < sizeof buffer);
    all.buffer = buffer + 1;                                                /* Any alignment. */
    all.buffer_bytes = bytes - 1;
    ANSWERS(MEMORY_SHORT, chatroom_client_open(&how, &all, &client));
    all.buffer_bytes = bytes;
    ANSWERS(NONE, chatroom_client_open(&how, &all, &client));
    ANSWERS(NONE, chatroom_client_close(client));
    ANSWERS(ENGINE_CLOSED, chatroom_client_connected(client));
    ANSWERS(ENGINE_CLOSED, chatroom_client_close(client));
    ANSWERS(NONE, chatroom_client_close(NULL));
    all.send = NULL;
    ANSWERS(INVALID_ARGUMENT, chatroom_client_open(&how, &all, &client));
    all.send = person_send;
    all.entropy = NULL;
    ANSWERS(INVALID_ARGUMENT, chatroom_client_open_with(&how, &all, chatroom_client_codec_json(),
                                                        &client));
    all.entropy = host_entropy;
    ANSWERS(INVALID_ARGUMENT, chatroom_client_open_with(&how, &all, NULL, &client));
    all.buffer = NULL;
    ANSWERS(NONE, chatroom_client_open_with(&how, &all, chatroom_client_codec_binary(), &client));
    EXPECT(of.blocks == 1 && of.block_bytes == bytes);
    ANSWERS(NONE, chatroom_client_close(client));
    EXPECT(of.blocks == 0);
}

static void garbage(void) {
    chatroom_client_room_view room;
    chatroom_client_entry_view entry;
    chatroom_client_post_view post;
    chatroom_welcome_event limits;
    const chatroom_text nowhere = {NULL, 3};
    const chatroom_text lobby = chatroom_text_of("lobby");
    static host of;
    static person one;
    chatroom_client_environment all;
    one.of = &of;
    all = person_environment(&one);
    ANSWERS(INVALID_ARGUMENT, chatroom_client_connected(NULL));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_login(NULL, lobby, 1));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_room(NULL, lobby, &room));
    EXPECT(chatroom_client_state(NULL) == CHATROOM_CLIENT_STATE_OFFLINE);
    EXPECT(chatroom_client_rooms(NULL) == 0 && chatroom_client_user(NULL) == 0);
    EXPECT(chatroom_client_nick(NULL).size == 0);
    EXPECT(chatroom_client_next_tick(NULL) == ~(uint64_t)0);
    ANSWERS(NONE, chatroom_client_open(NULL, &all, &one.client));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_login(one.client, nowhere, 1));
    ANSWERS(MEMBER_MISSING, chatroom_client_login(one.client, chatroom_text_of(NULL), 1));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_receive(one.client, NULL, 1));
    ANSWERS(NONE, chatroom_client_receive(one.client, NULL, 0));
    EXPECT(chatroom_client_faults(one.client) == 1);
    ANSWERS(INVALID_ARGUMENT, chatroom_client_post(one.client, lobby, nowhere, 0, 0, NULL));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_post(one.client, lobby, lobby, 2, 0, NULL));
    ANSWERS(ROOM_UNKNOWN, chatroom_client_post(one.client, lobby, lobby, 0, 0, NULL));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_set(one.client, NULL, 0));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_submit(one.client, NULL, 0));
    ANSWERS(OFFLINE, chatroom_client_join(one.client, lobby, 0));
    ANSWERS(ROOM_UNKNOWN, chatroom_client_older(one.client, lobby, 0));
    ANSWERS(ROOM_UNKNOWN, chatroom_client_hold(one.client, lobby, 1));
    ANSWERS(ROOM_UNKNOWN, chatroom_client_see(one.client, lobby));
    ANSWERS(ROOM_UNKNOWN, chatroom_client_refresh(one.client, lobby));
    ANSWERS(ROOM_UNKNOWN, chatroom_client_room_at(one.client, 0, &room));
    ANSWERS(ROOM_UNKNOWN, chatroom_client_entry_at(one.client, lobby, 0, &entry));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_post_at(one.client, nowhere, 0, &post));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_resend(one.client, 1));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_discard(one.client, 1));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_save(one.client, NULL, 0, NULL));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_restore(one.client, NULL, 1));
    ANSWERS(SNAPSHOT_INVALID, chatroom_client_restore(one.client, "nothing", 7));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_limits(one.client, NULL));
    ANSWERS(NONE, chatroom_client_limits(one.client, &limits));
    EXPECT(limits.frame_bytes_max == 0);
    ANSWERS(NONE, chatroom_client_close(one.client));
}

static void talk_to(person* one) {
    chatroom_client_room_view room;
    chatroom_client_entry_view entry;
    chatroom_client_member_view member;
    chatroom_client_post_view post;
    chatroom_set_command topic;
    chatroom_command any;
    chatroom_nick_command nick;
    uint64_t id = 0;
    const chatroom_text lobby = chatroom_text_of("lobby");
    ANSWERS(NONE, chatroom_client_login(one->client, chatroom_text_of("ann"), 11));
    EXPECT(one->last_tag == 11 && one->last_why == 0 && one->reply_user == 1);
    EXPECT(chatroom_client_state(one->client) == CHATROOM_CLIENT_STATE_ONLINE);
    ANSWERS(NONE, chatroom_client_join(one->client, chatroom_text_of("Lobby"), 12));
    EXPECT(one->last_tag == 12 && strcmp(one->last_room, "lobby") == 0);
    ANSWERS(NONE, chatroom_client_room(one->client, lobby, &room));
    EXPECT(room.live && room.members_known && room.count == 1 && room.capacity != 0);
    EXPECT(is_text(room.name, "lobby") && is_text(room.rights, "post leave set"));
    ANSWERS(NONE, chatroom_client_member_at(one->client, lobby, 0, &member));
    EXPECT(member.user == 1 && member.online && is_text(member.nick, "ann"));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_member_at(one->client, lobby, 1, &member));
    ANSWERS(NONE, chatroom_client_post(one->client, lobby, chatroom_text_of("hello"),
                                       CHATROOM_MESSAGE_KIND_EMOTE, 0, &id));
    EXPECT(id != 0 && chatroom_client_posts(one->client, lobby) == 0);
    ANSWERS(NONE, chatroom_client_message(one->client, lobby, 1, &entry));
    EXPECT(entry.what == CHATROOM_CLIENT_ENTRY_KIND_MESSAGE && is_text(entry.text, "hello"));
    EXPECT(entry.kind == CHATROOM_MESSAGE_KIND_EMOTE && is_text(entry.nick, "ann"));
    EXPECT(entry.number == 1 && entry.to == 1 && entry.user == 1 && entry.time == begin_ms);
    ANSWERS(NONE, chatroom_client_entry_at(one->client, lobby, 0, &entry));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_entry_at(one->client, lobby, 1, &entry));
    ANSWERS(REPLY_UNKNOWN, chatroom_client_message(one->client, lobby, 2, &entry));
    ANSWERS(NONE, chatroom_client_list_rooms(one->client, 13));
    EXPECT(one->last_tag == 13 && strcmp(one->listed, "lobby") == 0);
    memset(&topic, 0, sizeof topic);
    topic.room = lobby;
    topic.property = CHATROOM_ROOM_PROPERTY_TOPIC;
    topic.value = chatroom_text_of("tea");
    ANSWERS(NONE, chatroom_client_set(one->client, &topic, 14));
    ANSWERS(NONE, chatroom_client_room_at(one->client, 0, &room));
    EXPECT(one->last_tag == 14 && is_text(room.topic, "tea"));
    topic.property = 200;
    ANSWERS(INVALID_ARGUMENT, chatroom_client_set(one->client, &topic, 15));
    nick.nick = chatroom_text_of("Anna");
    any.type = CHATROOM_COMMAND_NICK;
    any.bytes = sizeof nick;
    any.body = &nick;
    ANSWERS(NONE, chatroom_client_submit(one->client, &any, 16));
    EXPECT(one->last_tag == 16 && is_text(chatroom_client_nick(one->client), "Anna"));
    any.type = 9999;
    ANSWERS(INVALID_ARGUMENT, chatroom_client_submit(one->client, &any, 17));
    ANSWERS(NONE, chatroom_client_post(one->client, lobby, chatroom_text_of("to nobody"),
                                       CHATROOM_MESSAGE_KIND_TEXT, 77, &id));
    ANSWERS(NONE, chatroom_client_post_at(one->client, lobby, 0, &post));
    EXPECT(post.id == id && post.failed == CHATROOM_ERROR_REPLY_UNKNOWN && post.reply_to == 77);
    ANSWERS(NONE, chatroom_client_discard(one->client, id));
    EXPECT(one->news[CHATROOM_CLIENT_NEWS_POSTS] != 0);
    EXPECT(one->news[CHATROOM_CLIENT_NEWS_APPEND] == 1);
}

/* Comes back by what it saved, as the same user in the same room. */
static void come_back(person* one) {
    static char saved[4096];
    size_t bytes = 0;
    chatroom_client_room_view room;
    chatroom_client_environment all = person_environment(one);
    ANSWERS(MEMORY_SHORT, chatroom_client_save(one->client, NULL, 0, &bytes));
    EXPECT(bytes != 0 && bytes <= sizeof saved);
    ANSWERS(NONE, chatroom_client_save(one->client, saved, sizeof saved, &bytes));
    ANSWERS(NONE, chatroom_disconnect(one->server, one->session));
    ANSWERS(NONE, chatroom_client_close(one->client));
    one->session = 0;
    ANSWERS(NONE, chatroom_client_open(NULL, &all, &one->client));
    ANSWERS(NONE, chatroom_client_restore(one->client, saved, bytes));
    ANSWERS(INVALID_ARGUMENT, chatroom_client_restore(one->client, saved, bytes));
    connect_person(one);
    EXPECT(chatroom_client_state(one->client) == CHATROOM_CLIENT_STATE_ONLINE);
    EXPECT(chatroom_client_user(one->client) == 1);
    ANSWERS(NONE, chatroom_client_room(one->client, chatroom_text_of("lobby"), &room));
    EXPECT(room.live && room.last == 1);
}

static void conversation(void) {
    static host of;
    static person one;
    chatroom_environment served;
    chatroom_client_environment all;
    one.of = &of;
    served = host_environment(&of);
    served.send = server_send;
    served.send_context = &one;
    served.observe = NULL;
    served.allocate = NULL;
    served.release = NULL;
    ANSWERS(NONE, chatroom_open(NULL, &served, &one.server));
    ANSWERS(NONE, chatroom_tick(one.server, begin_ms, 0));
    all = person_environment(&one);
    ANSWERS(NONE, chatroom_client_open(NULL, &all, &one.client));
    connect_person(&one);
    EXPECT(chatroom_client_state(one.client) == CHATROOM_CLIENT_STATE_LOGIN);
    EXPECT(chatroom_client_next_tick(one.client) == 20000);
    talk_to(&one);
    come_back(&one);
    EXPECT(chatroom_client_faults(one.client) == 0);
    ANSWERS(NONE, chatroom_client_leave(one.client, chatroom_text_of("lobby"), 20));
    EXPECT(chatroom_client_rooms(one.client) == 0);
    ANSWERS(NONE, chatroom_client_logout(one.client, 21));
    EXPECT(one.last_tag == 21 && one.last_why == 0);
    ANSWERS(NONE, chatroom_client_tick(one.client, begin_ms + 50000));
    EXPECT(chatroom_client_wants_close(one.client));
    ANSWERS(CONNECTION_LOST, chatroom_client_why(one.client));
    EXPECT(one.news[CHATROOM_CLIENT_NEWS_CLOSE] == 1);
    ANSWERS(NONE, chatroom_client_close(one.client));
    ANSWERS(NONE, chatroom_close(one.server));
    EXPECT(of.blocks == 0);
}

int main(void) {
    CONTRACT_USES_ALL;
    opening();
    garbage();
    conversation();
    return contract_result();
}
