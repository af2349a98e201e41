#include "outbox.hpp"

namespace chatroom::detail {

// Events from the state as it is.

message outbox::describe_message(u32 room, u64 number) const noexcept {
    return in->messages.read(room, number, in->name(room));
}

chatroom::room outbox::describe_state(u32 room) const noexcept {
    const room_data& r = in->rooms[room];
    chatroom::room now;
    now.name = in->name(room);
    now.title = in->title(room);
    now.topic = in->topic(room);
    now.owner = r.owner;
    now.capacity = r.capacity;
    now.persistent = r.persistent;
    now.managed = r.managed;
    now.members = r.members.count;
    now.roster = r.roster;
    return now;
}

joined outbox::describe_room(u32 room, u32 user, bool by_host) const noexcept {
    const room_data& r = in->rooms[room];
    joined now;
    now.id = r.id;
    now.room = in->name(room);
    now.title = in->title(room);
    now.topic = in->topic(room);
    now.owner = r.owner;
    now.capacity = r.capacity;
    now.persistent = r.persistent;
    now.managed = r.managed;
    const bool owner = by_host || (user != nil && in->users[user].id == r.owner);
    now.rights = view(r.managed && !by_host ? (owner ? "post set" : "post")
                                            : (owner ? "post leave set" : "post leave"));
    now.members = r.members.count;
    now.roster = r.roster;
    now.first = r.messages == 0 ? 0 : in->messages.first(r);
    now.last = r.last;
    return now;
}

bool outbox::greet(u32 session) noexcept {
    session_data& d = sessions[session];
    welcome hello;
    hello.features = view(features);
    hello.time = clock;
    hello.frame_bytes_max = d.frame_bytes_max;
    hello.message_bytes_max = in->shared.message_bytes_max;
    hello.nick_bytes_max = in->shared.nick_bytes_max;
    hello.room_name_bytes_max = in->shared.room_name_bytes_max;
    hello.nonce_bytes_max = in->shared.nonce_bytes_max;
    hello.page_items_max = page_items_max;
    hello.rooms_per_user_max = in->shared.rooms_per_user_max;
    hello.resume_window_ms = in->rules.resume_window_ms;
    d.greeted = tell(session, hello);
    return d.greeted;
}

}  // namespace chatroom::detail
