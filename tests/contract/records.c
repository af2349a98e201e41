/* Log, commit, abandon, recovery, snapshot, restore and digest. */
#include "contract.h"

static void same_state(host* a, host* b) {
    uint8_t left[32], right[32];
    memset(left, 1, sizeof left);
    memset(right, 2, sizeof right);
    ANSWERS(NONE, chatroom_digest(a->chat, left));
    ANSWERS(NONE, chatroom_digest(b->chat, right));
    EXPECT(memcmp(left, right, sizeof left) == 0);
}

static size_t whole_log(const host* of, char* out) {
    size_t i, size = 0;
    for (i = 0; i < of->record_count; ++i) {
        memcpy(out + size, of->records[i], of->record_bytes[i]);
        size += of->record_bytes[i];
    }
    return size;
}

static void recovery(void) {
    static host of, other;
    static char log[64 * 512];
    chatroom_session alice;
    uint64_t records = 0, bytes = 0;
    size_t size;
    chatroom_config how = small_config();
    chatroom_environment all = host_environment(&other);
    host_open(&of, CHATROOM_STORED_YES);
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 1);
    ANSWERS(NONE, be_guest(&of, alice, "alice", NULL));
    ANSWERS(NONE, join_room(&of, alice, "lobby", NULL));
    ANSWERS(NONE, say(&of, alice, "lobby", "hello", NULL));
    EXPECT(of.record_count == 4);   /* The boot is one, too. */
    size = whole_log(&of, log);

    how.incarnation = 2;
    ANSWERS(NONE, chatroom_open(&how, &all, &other.chat));
    ANSWERS(NONE, chatroom_recover(other.chat, log, size, &records, &bytes));
    EXPECT(records == 4 && bytes == size);
    EXPECT(other.count == 0);       /* Recovery sends nothing. */
    EXPECT(other.last.origin == CHATROOM_ORIGIN_RECOVERY && other.observed != 0);
    same_state(&of, &other);
    ANSWERS(NONE, chatroom_recover(other.chat, log, size, NULL, NULL));
    ANSWERS(ALREADY_APPLIED, chatroom_commit(other.chat, of.records[3], of.record_bytes[3]));
    ANSWERS(LOG_TORN, chatroom_recover(other.chat, log, size - 1, &records, &bytes));
    EXPECT(bytes < size);
    log[of.record_bytes[0] + 20] ^= 1;
    ANSWERS(LOG_DAMAGED, chatroom_recover(other.chat, log, size, &records, &bytes));
    EXPECT(bytes == of.record_bytes[0]);
    ANSWERS(INVALID_ARGUMENT, chatroom_recover(other.chat, NULL, 5, &records, &bytes));
    EXPECT(records == 0 && bytes == 0);
    ANSWERS(NONE, chatroom_recover(other.chat, NULL, 0, NULL, NULL));
    ANSWERS(RECORD_INVALID, chatroom_commit(other.chat, "garbage", 7));
    ANSWERS(RECORD_INVALID, chatroom_commit(other.chat, NULL, 0));
    ANSWERS(INVALID_ARGUMENT, chatroom_commit(other.chat, NULL, 7));
    host_close(&other);
    host_close(&of);
}

static void pending_records(void) {
    static host of;
    chatroom_session alice;
    chatroom_outcome out = outcome_of();
    size_t i;
    host_open(&of, CHATROOM_STORED_PENDING);
    for (i = 0; i < of.record_count; ++i) {
        ANSWERS(NONE, chatroom_commit(of.chat, of.records[i], of.record_bytes[i]));
    }
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 1);
    of.record_count = 0;
    ANSWERS(PENDING, be_guest(&of, alice, "alice", &out));
    EXPECT(out.ticket != 0 && of.record_count >= 1);
    for (i = 0; i < of.record_count; ++i) {
        ANSWERS(NONE, chatroom_commit(of.chat, of.records[i], of.record_bytes[i]));
    }
    EXPECT(of.last.ticket == out.ticket && of.last.why == CHATROOM_ERROR_NONE);
    of.record_count = 0;
    ANSWERS(PENDING, join_room(&of, alice, "lobby", &out));
    ANSWERS(NONE, chatroom_abandon(of.chat, of.numbers[0]));
    EXPECT(of.last.ticket == out.ticket && of.last.why == CHATROOM_ERROR_STORAGE_FAILED);
    ANSWERS(INVALID_ARGUMENT, chatroom_abandon(of.chat, of.numbers[0]));
    ANSWERS(INVALID_ARGUMENT, chatroom_abandon(of.chat, 12345));
    of.log_says = CHATROOM_STORED_NO;
    ANSWERS(STORAGE_FAILED, join_room(&of, alice, "lobby", NULL));
    host_close(&of);
}

static void snapshots(void) {
    static host of, other;
    static char image[65536];
    chatroom_session alice;
    size_t size = 0, again = 0, migrated = 0;
    chatroom_config how = small_config();
    chatroom_environment all = host_environment(&other);
    host_open(&of, -1);
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 1);
    ANSWERS(NONE, be_guest(&of, alice, "alice", NULL));
    ANSWERS(NONE, join_room(&of, alice, "lobby", NULL));
    ANSWERS(NONE, say(&of, alice, "lobby", "hello", NULL));
    ANSWERS(MEMORY_SHORT,
            chatroom_snapshot(of.chat, NULL, 0, CHATROOM_SCOPE_EVERYTHING, &size));
    EXPECT(size > 100 && size < sizeof image);
    ANSWERS(MEMORY_SHORT,
            chatroom_snapshot(of.chat, image, size - 1, CHATROOM_SCOPE_EVERYTHING, &again));
    EXPECT(again == size && image[0] == 0);
    ANSWERS(NONE, chatroom_snapshot(of.chat, image, size, CHATROOM_SCOPE_EVERYTHING, NULL));
    ANSWERS(MEMORY_SHORT,
            chatroom_snapshot(of.chat, NULL, 0, CHATROOM_SCOPE_MIGRATION, &migrated));
    EXPECT(migrated < size);
    ANSWERS(INVALID_ARGUMENT, chatroom_snapshot(of.chat, image, size, 2, &again));
    ANSWERS(INVALID_ARGUMENT,
            chatroom_snapshot(of.chat, NULL, 1, CHATROOM_SCOPE_EVERYTHING, &again));

    how.incarnation = 2;
    ANSWERS(NONE, chatroom_open(&how, &all, &other.chat));
    ANSWERS(SNAPSHOT_INVALID, chatroom_restore(other.chat, image, size - 1));
    ANSWERS(SNAPSHOT_INVALID, chatroom_restore(other.chat, NULL, 0));
    ANSWERS(INVALID_ARGUMENT, chatroom_restore(other.chat, NULL, 1));
    ANSWERS(NONE, chatroom_restore(other.chat, image, size));
    same_state(&of, &other);
    ANSWERS(INVALID_ARGUMENT, chatroom_restore(other.chat, image, size));
    ANSWERS(INVALID_ARGUMENT, chatroom_digest(other.chat, NULL));
    host_close(&other);

    memset(&other, 0, sizeof other);
    how.nick_bytes_max = 4;
    ANSWERS(NONE, chatroom_open(&how, &all, &other.chat));
    ANSWERS(LIMIT_TOO_SMALL, chatroom_restore(other.chat, image, size));
    EXPECT(is_text(chatroom_why(other.chat)->field, "nick_bytes_max"));
    host_close(&other);
    host_close(&of);
}

int main(void) {
    CONTRACT_USES_ALL;
    recovery();
    pending_records();
    snapshots();
    return contract_result();
}
