#include "chatroom_c.h"
#include <stdio.h>

static void on_send(chatroom_recipients* to, const chatroom_event* what, const char* frame,
                    size_t frame_bytes, void* context) {
    chatroom_recipient each;
    (void)what;      /* the event beside its bytes */
    (void)context;
    while (chatroom_recipients_next(to, &each)) {
        printf("to %u: %.*s\n", (unsigned)each.session, (int)frame_bytes, frame);
    }
}

int main(void) {
    chatroom_environment host = {.struct_size = sizeof host, .send = on_send};
    chatroom_engine* chat;
    chatroom_error why = chatroom_open(NULL, &host, &chat);
    if (why) return fprintf(stderr, "%s\n", chatroom_error_text(why)), 1;

    chatroom_session alice;
    const char frame[] = "{\"op\":\"guest\",\"nick\":\"alice\"}";
    chatroom_join_command join = {.room = chatroom_text_of("lobby")};
    chatroom_post_command post = {.room = join.room, .text = chatroom_text_of("hello")};

    chatroom_tick(chat, 1700000000000u, 0);                    /* the time */
    chatroom_connect(chat, NULL, &alice);
    chatroom_receive(chat, alice, frame, sizeof frame - 1);    /* bytes, from the wire */
    chatroom_join(chat, alice, &join, NULL);                   /* or typed */
    chatroom_post(chat, alice, &post, NULL);
    chatroom_close(chat);
    return 0;
}
