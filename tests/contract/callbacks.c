/* Every callback: when it comes, what it is told, and every call made from inside it. */
#include "contract.h"

static void sees_commands(host* of, const chatroom_observation* seen) {
    const chatroom_command* what = seen->command;
    (void)of;
    EXPECT(seen->origin == CHATROOM_ORIGIN_HERE);
    if (!what) return;
    if (what->type == CHATROOM_COMMAND_POST && what->body) {
        const chatroom_post_command* post = (const chatroom_post_command*)what->body;
        EXPECT(what->bytes == sizeof *post);
        EXPECT(is_text(post->room, "lobby") && post->kind == CHATROOM_MESSAGE_KIND_EMOTE);
    }
    if (what->type == CHATROOM_COMMAND_RESUME && what->body) {
        const chatroom_resume_command* resume = (const chatroom_resume_command*)what->body;
        EXPECT(resume->cursors.size == 2);
        EXPECT(is_text(resume->cursors.data[0].room, "lobby"));
        EXPECT(is_text(resume->cursors.data[1].room, "den"));
        EXPECT(resume->cursors.data[1].after == 9);
    }
}

static void observing(void) {
    static host of;
    static const char resume_frame[] =
        "{\"op\":\"resume\",\"token\":\"00000000000000000000000000000000\",\"cursors\":"
        "[{\"room\":\"lobby\",\"after\":3},{\"room\":\"den\",\"after\":9}]}";
    static const char odd_frame[] = "{\"op\":";
    chatroom_session alice, bob;
    chatroom_post_command post;
    chatroom_resume_command resume;
    chatroom_cursor cursors[2];
    chatroom_outcome out = outcome_of();
    host_open(&of, -1);
    of.on_observe = sees_commands;
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 1);
    bob = connect_as(&of, CHATROOM_WIRE_JSON, 2);
    ANSWERS(NONE, be_guest(&of, alice, "alice", NULL));
    EXPECT(of.observed == 1 && of.last_type == CHATROOM_COMMAND_GUEST);
    EXPECT(of.last.session == alice && of.last.why == CHATROOM_ERROR_NONE);
    ANSWERS(NONE, join_room(&of, alice, "lobby", NULL));
    memset(&post, 0, sizeof post);
    post.room = chatroom_text_of("lobby");
    post.text = chatroom_text_of("waves");
    post.kind = CHATROOM_MESSAGE_KIND_EMOTE;
    ANSWERS(NONE, chatroom_post(of.chat, alice, &post, &out));
    EXPECT(of.last_type == CHATROOM_COMMAND_POST && of.last.number == out.number);
    post.kind = 2;   /* Never reaches the engine. */
    ANSWERS(INVALID_ARGUMENT, chatroom_post(of.chat, alice, &post, NULL));
    EXPECT(of.observed == 3);

    of.count = 0;
    ANSWERS(NONE, chatroom_receive(of.chat, bob, resume_frame, sizeof resume_frame - 1));
    EXPECT(of.last.why == CHATROOM_ERROR_TOKEN_INVALID && of.observed == 4);
    EXPECT(of.last_type == CHATROOM_COMMAND_RESUME);
    ANSWERS(NONE, chatroom_receive(of.chat, bob, odd_frame, sizeof odd_frame - 1));
    EXPECT(of.last.why == CHATROOM_ERROR_FRAME_MALFORMED && of.last_type == 0 && of.last.at != 0);

    cursors[0].room = chatroom_text_of("lobby");
    cursors[1].room = chatroom_text_of("den");
    cursors[0].after = cursors[1].after = 9;
    cursors[0].id = cursors[1].id = 0;
    resume.token = chatroom_text_of("00000000000000000000000000000000");
    resume.cursors.data = cursors;
    resume.cursors.size = 2;
    ANSWERS(TOKEN_INVALID, chatroom_resume(of.chat, bob, &resume, NULL));
    EXPECT(of.last_type == CHATROOM_COMMAND_RESUME && of.observed == 6);
    EXPECT(is_text(cursors[0].room, "lobby"));
    host_close(&of);
}

/* A page as an event: its texts and those of its items. */
static int pages_seen = 0;

static void sees_pages(host* of, chatroom_recipients* to, const chatroom_event* what) {
    (void)to;
    (void)of;
    if (what->type == CHATROOM_EVENT_HISTORY_PAGE) {
        const chatroom_history_page_event* page = (const chatroom_history_page_event*)what->body;
        ++pages_seen;
        EXPECT(what->bytes == sizeof *page && is_text(page->room, "lobby"));
        EXPECT(page->messages.size == 2 && is_text(page->messages.data[1].text, "two"));
        EXPECT(is_text(page->messages.data[0].nick, "alice"));
    }
    if (what->type == CHATROOM_EVENT_ROOMS_PAGE) {
        const chatroom_rooms_page_event* page = (const chatroom_rooms_page_event*)what->body;
        ++pages_seen;
        EXPECT(page->rooms.size == 1 && is_text(page->rooms.data[0].room, "lobby"));
    }
    if (what->type == CHATROOM_EVENT_MEMBERS_PAGE) {
        const chatroom_members_page_event* page = (const chatroom_members_page_event*)what->body;
        ++pages_seen;
        EXPECT(page->members.size == 1 && is_text(page->members.data[0].nick, "alice"));
    }
}

static void take(host* of, chatroom_session by, const char* frame) {
    ANSWERS(NONE, chatroom_receive(of->chat, by, frame, strlen(frame)));
}

static void pages_as_events(void) {
    static host of;
    chatroom_session alice;
    host_open(&of, -1);
    of.inside = sees_pages;
    alice = connect_as(&of, CHATROOM_WIRE_JSON, 1);
    take(&of, alice, "{\"op\":\"guest\",\"nick\":\"alice\"}");
    take(&of, alice, "{\"op\":\"join\",\"room\":\"lobby\"}");
    take(&of, alice, "{\"op\":\"post\",\"room\":\"lobby\",\"text\":\"one\"}");
    take(&of, alice, "{\"op\":\"post\",\"room\":\"lobby\",\"text\":\"two\"}");
    take(&of, alice, "{\"op\":\"history\",\"room\":\"lobby\"}");
    EXPECT(strstr(last_told(&of)->frame, "\"text\":\"two\"") != NULL);
    take(&of, alice, "{\"op\":\"rooms\"}");
    EXPECT(strstr(last_told(&of)->frame, "\"room\":\"lobby\"") != NULL);
    take(&of, alice, "{\"op\":\"members\",\"room\":\"lobby\"}");
    EXPECT(strstr(last_told(&of)->frame, "\"nick\":\"alice\"") != NULL);
    EXPECT(pages_seen == 3);
    host_close(&of);
}

/* Every call from inside `send`, once. */
static int inside_done = 0;

static void calls_inside_send(host* of, chatroom_recipients* to, const chatroom_event* what) {
    chatroom_engine* const chat = of->chat;
    const chatroom_message_event* said = (const chatroom_message_event*)what->body;
    chatroom_message_event messages[4];
    chatroom_history_command history;
    chatroom_resume_command resume;
    chatroom_cursor cursor;
    const chatroom_history_page_event* page = NULL;
    const chatroom_joined_event* room = NULL;
    chatroom_outcome out = outcome_of();
    chatroom_recipient first, second;
    chatroom_session made = 0;
    chatroom_peer who;
    chatroom_statistics stats;
    uint8_t digest[32];
    size_t bytes = 0;
    if (what->type != CHATROOM_EVENT_MESSAGE || inside_done != 0) return;
    inside_done = 1;

    /* The range begins again, and knows who has ended. */
    EXPECT(chatroom_recipients_count(to) == 2);
    EXPECT(chatroom_recipients_next(to, &first) == 1);
    EXPECT(chatroom_recipients_next(to, NULL) == 0);
    EXPECT(chatroom_recipients_next(NULL, &first) == 0 && chatroom_recipients_count(NULL) == 0);
    EXPECT(chatroom_recipients_next(to, &second) == 1 && second.session != first.session);
    EXPECT(chatroom_recipients_next(to, &second) == 0);

    /* Reads answer at once, and what is told stands. */
    memset(&history, 0, sizeof history);
    history.room = chatroom_text_of("lobby");
    ANSWERS(NONE, chatroom_history(chat, CHATROOM_HOST, 0, &history, messages, 4, &page));
    EXPECT(page->messages.size == 1 && is_text(messages[0].text, "hello"));
    ANSWERS(NONE, chatroom_room(chat, CHATROOM_HOST, 0, history.room, &room));
    EXPECT(is_text(said->text, "hello") && is_text(said->room, "lobby"));
    ANSWERS(NONE, chatroom_stats(chat, &stats, sizeof stats));
    EXPECT(stats.messages_posted == 1);
    EXPECT(chatroom_next_tick(chat) != UINT64_MAX);
    EXPECT(chatroom_why(chat) != NULL);

    /* Commands wait. */
    ANSWERS(QUEUED, say(of, first.session, "lobby", "from inside", &out));
    EXPECT(out.ticket != 0);
    ANSWERS(QUEUED, chatroom_token(chat, first.session, NULL));
    cursor.room = chatroom_text_of("lobby");
    cursor.after = cursor.id = 0;
    resume.token = chatroom_text_of("00000000000000000000000000000000");
    resume.cursors.data = &cursor;
    resume.cursors.size = 1;
    ANSWERS(QUEUED, chatroom_resume(chat, first.session, &resume, NULL));

    /* The rest is done at once, or refused. */
    ANSWERS(NONE, chatroom_connect(chat, NULL, &made));
    EXPECT(made != 0);
    ANSWERS(QUEUED, chatroom_receive(chat, made, "{\"op\":\"ping\"}", 13));
    memset(&who, 0, sizeof who);
    who.struct_size = sizeof who;
    who.user = chatroom_text_of("somebody");
    who.nick = chatroom_text_of("somebody");
    ANSWERS(INSIDE_CALLBACK, chatroom_connect(chat, &who, &made));
    EXPECT(made == 0);
    ANSWERS(NONE, chatroom_tick(chat, begin_ms + 10, 0));
    ANSWERS(INSIDE_CALLBACK, chatroom_commit(chat, "x", 1));
    ANSWERS(INSIDE_CALLBACK, chatroom_abandon(chat, 1));
    ANSWERS(INSIDE_CALLBACK, chatroom_recover(chat, "x", 1, NULL, NULL));
    ANSWERS(INSIDE_CALLBACK, chatroom_digest(chat, digest));
    ANSWERS(INSIDE_CALLBACK,
            chatroom_snapshot(chat, NULL, 0, CHATROOM_SCOPE_EVERYTHING, &bytes));
    ANSWERS(INSIDE_CALLBACK, chatroom_restore(chat, "x", 1));
    ANSWERS(INSIDE_CALLBACK, chatroom_close(chat));

    /* Who ends or is paused meanwhile has not got this frame. */
    EXPECT(chatroom_recipients_next(to, &first) == 1);
    ANSWERS(NONE, chatroom_pause(chat, first.session));
    EXPECT(chatroom_recipients_next(to, &second) == 1);
    ANSWERS(NONE, chatroom_disconnect(chat, second.session));
    EXPECT(chatroom_recipients_next(to, &second) == 0);
    EXPECT(chatroom_recipients_next(to, &second) == 1 && second.session == first.session);
    EXPECT(chatroom_recipients_next(to, &second) == 0);
    ANSWERS(NONE, chatroom_unpause(chat, first.session));
    ANSWERS(NONE, chatroom_pause(chat, first.session));
}

static void re_entrant_send(void) {
    static host of;
    chatroom_session alice, bob;
    size_t before;
    host_open(&of, -1);
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 1);
    bob = connect_as(&of, CHATROOM_WIRE_TYPED, 2);
    ANSWERS(NONE, be_guest(&of, alice, "alice", NULL));
    ANSWERS(NONE, be_guest(&of, bob, "bob", NULL));
    ANSWERS(NONE, join_room(&of, alice, "lobby", NULL));
    ANSWERS(NONE, join_room(&of, bob, "lobby", NULL));
    of.inside = calls_inside_send;
    before = of.observed;
    ANSWERS(NONE, say(&of, alice, "lobby", "hello", NULL));
    EXPECT(inside_done == 1);
    EXPECT(of.observed == before + 5);   /* The post, and three and a ping that were queued. */
    host_close(&of);
}

/* Calls inside `observe`, `log` and `entropy`, and queues that run full. */
static void floods(host* of, const chatroom_observation* seen) {
    int i;
    chatroom_error why = CHATROOM_ERROR_NONE;
    chatroom_post_command endless;
    if (seen->command == NULL || seen->command->type != CHATROOM_COMMAND_JOIN) return;
    of->on_observe = NULL;
    memset(&endless, 0, sizeof endless);
    endless.room = chatroom_text_of("lobby");
    endless.text = chatroom_text_of("no text is as long as it says");
    for (endless.text.size = (size_t)-1; endless.text.size > (size_t)-20; --endless.text.size) {
        ANSWERS(QUEUE_FULL, chatroom_post(of->chat, CHATROOM_HOST, &endless, NULL));
    }
    endless.room.size = endless.text.size = (size_t)-1 / 2 + 1;   /* Together 0. */
    ANSWERS(QUEUE_FULL, chatroom_post(of->chat, CHATROOM_HOST, &endless, NULL));
    for (i = 0; i < 1000 && why != CHATROOM_ERROR_QUEUE_FULL; ++i) {
        why = say(of, CHATROOM_HOST, "lobby", "again and again and again and again", NULL);
    }
    ANSWERS(QUEUE_FULL, why);
    EXPECT(i > 1 && i < 1000);
    ANSWERS(INSIDE_CALLBACK, chatroom_close(of->chat));
}

static void flooded(void) {
    static host of;
    chatroom_session alice;
    host_open(&of, -1);
    of.on_observe = floods;
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 1);
    ANSWERS(NONE, be_guest(&of, alice, "alice", NULL));
    ANSWERS(NONE, join_room(&of, alice, "lobby", NULL));
    EXPECT(of.on_observe == NULL);
    EXPECT(times_told(&of, alice, CHATROOM_EVENT_MESSAGE) > 1);
    host_close(&of);
}

/* A resume inside the callback of a resume: there is one place for their cursors. */
static int resumed_inside = 0;

static void resumes_inside(host* of, const chatroom_observation* seen) {
    chatroom_resume_command resume;
    chatroom_cursor cursor;
    const chatroom_resume_command* outer;
    if (seen->command == NULL || seen->command->type != CHATROOM_COMMAND_RESUME) return;
    if (seen->command->body == NULL || resumed_inside != 0) return;
    resumed_inside = 1;
    outer = (const chatroom_resume_command*)seen->command->body;
    cursor.room = chatroom_text_of("other");
    cursor.after = cursor.id = 0;
    resume.token = chatroom_text_of("00000000000000000000000000000000");
    resume.cursors.data = &cursor;
    resume.cursors.size = 1;
    ANSWERS(INSIDE_CALLBACK, chatroom_resume(of->chat, seen->session, &resume, NULL));
    EXPECT(is_text(outer->cursors.data[0].room, "lobby"));
    resume.cursors.size = 0;
    ANSWERS(QUEUED, chatroom_resume(of->chat, seen->session, &resume, NULL));
}

static void resume_inside_resume(void) {
    static host of;
    chatroom_session alice;
    chatroom_resume_command resume;
    chatroom_cursor cursor;
    host_open(&of, -1);
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 1);
    of.on_observe = resumes_inside;
    cursor.room = chatroom_text_of("lobby");
    cursor.after = cursor.id = 0;
    resume.token = chatroom_text_of("00000000000000000000000000000000");
    resume.cursors.data = &cursor;
    resume.cursors.size = 1;
    ANSWERS(TOKEN_INVALID, chatroom_resume(of.chat, alice, &resume, NULL));
    EXPECT(resumed_inside == 1);
    of.on_observe = NULL;
    ANSWERS(TOKEN_INVALID, chatroom_resume(of.chat, alice, &resume, NULL));
    host_close(&of);
}

static void entropy_that_fails(void) {
    static host of;
    chatroom_session alice;
    chatroom_environment all = host_environment(&of);
    const chatroom_config how = small_config();
    host_open(&of, -1);
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 1);
    of.entropy_fails = 1;
    ANSWERS(ENTROPY_FAILED, be_guest(&of, alice, "alice", NULL));
    of.entropy_fails = 0;
    ANSWERS(NONE, be_guest(&of, alice, "alice", NULL));
    host_close(&of);
    of.entropy_fails = 1;
    ANSWERS(ENTROPY_FAILED, chatroom_open(&how, &all, &of.chat));
    EXPECT(of.chat == NULL && of.blocks == 0);
}

static int32_t odd_log(const char* record, size_t bytes, uint64_t number, void* context) {
    host* of = (host*)context;
    EXPECT(record != NULL && bytes != 0 && number != 0);
    ANSWERS(INSIDE_CALLBACK, chatroom_close(of->chat));
    return 77;   /* No answer that there is. */
}

static void log_that_answers_oddly(void) {
    static host of;
    chatroom_session alice = 0;
    chatroom_environment all = host_environment(&of);
    const chatroom_config how = small_config();
    all.log = odd_log;
    all.log_context = &of;
    ANSWERS(NONE, chatroom_open(&how, &all, &of.chat));
    ANSWERS(NONE, chatroom_tick(of.chat, begin_ms, 0));
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 1);
    ANSWERS(STORAGE_FAILED, be_guest(&of, alice, "alice", NULL));
    host_close(&of);
}

int main(void) {
    CONTRACT_USES_ALL;
    observing();
    pages_as_events();
    re_entrant_send();
    flooded();
    resume_inside_resume();
    entropy_that_fails();
    log_that_answers_oddly();
    return contract_result();
}
