/* What an engine claims, and the structs by which it is told. */
#include "contract.h"

/* Integer constant expressions, so arrays can have these sizes. */
static uint64_t tiny[(CHATROOM_FOOTPRINT(1, 1, 1, 1, 1) + 7) / 8];
static char firmware[CHATROOM_FOOTPRINT(8, 8, 4, 32, 128)];
static char typed_alone[CHATROOM_FOOTPRINT(8, 8, 4, 32, 128) -
                        CHATROOM_FOOTPRINT_RECORDS(4, 128) -
                        CHATROOM_FOOTPRINT_CODECS(8, 4, 128)];
static char odd[CHATROOM_FOOTPRINT(3, 40, 300, 77, 1001) + 1];

/* The macro is never below the exact figure, and at most 5% above. */
#define BOUND_HOLDS(users, sessions, rooms, messages, text_bytes) \
    bound_holds(CHATROOM_FOOTPRINT(users, sessions, rooms, messages, text_bytes), users, \
                sessions, rooms, messages, text_bytes)

static void bound_holds(size_t bound, uint32_t users, uint32_t sessions, uint32_t rooms,
                        uint32_t messages, uint32_t text_bytes) {
    chatroom_config how;
    size_t exact;
    ANSWERS(NONE, chatroom_config_sized(&how, users, sessions, rooms, messages, text_bytes));
    EXPECT(chatroom_config_fault(&how) == NULL);
    exact = chatroom_footprint(&how);
    EXPECT(exact != 0 && bound >= exact);
    EXPECT(bound - exact <= exact / 20);
}

static void bounds(void) {
    chatroom_config how;
    BOUND_HOLDS(8, 8, 4, 32, 128);
    BOUND_HOLDS(8, 16, 4, 32, 128);
    BOUND_HOLDS(16, 16, 4, 64, 64);
    BOUND_HOLDS(32, 32, 8, 256, 200);
    BOUND_HOLDS(3, 40, 300, 77, 1001);
    BOUND_HOLDS(100, 150, 20, 1000, 500);
    BOUND_HOLDS(2000, 2000, 100, 20000, 1000);
    BOUND_HOLDS(20000, 30000, 300, 100000, 4000);
    BOUND_HOLDS(8, 8, 4, 32, 14);
    ANSWERS(INVALID_ARGUMENT, chatroom_config_sized(NULL, 8, 8, 4, 32, 128));
    ANSWERS(INVALID_ARGUMENT, chatroom_config_sized(&how, 0, 8, 4, 32, 128));
    ANSWERS(INVALID_ARGUMENT, chatroom_config_sized(&how, 8, 0, 4, 32, 128));
    ANSWERS(INVALID_ARGUMENT, chatroom_config_sized(&how, 8, 8, 0, 32, 128));
    ANSWERS(INVALID_ARGUMENT, chatroom_config_sized(&how, 8, 8, 4, 0, 128));
    ANSWERS(INVALID_ARGUMENT, chatroom_config_sized(&how, 8, 8, 4, 32, 0));
    ANSWERS(INVALID_ARGUMENT, chatroom_config_sized(&how, 8, 8, 4, 32, 4001));
    ANSWERS(INVALID_ARGUMENT, chatroom_config_sized(&how, 1, 17, 4, 32, 128));
    ANSWERS(INVALID_ARGUMENT, chatroom_config_sized(&how, 1000000, 1, 1000000, 32, 128));
    ANSWERS(INVALID_ARGUMENT, chatroom_config_sized(&how, 8, 8, 4, 0xffffffffu, 128));
    ANSWERS(INVALID_ARGUMENT,
            chatroom_config_sized(&how, 0xffffffffu, 0xffffffffu, 0xffffffffu, 32, 128));
}

static void presets(void) {
    chatroom_config sized, how;
    memset(&how, 0, sizeof how);
    how.struct_size = sizeof how;
    EXPECT(chatroom_footprint(&how) == chatroom_footprint(NULL));
    EXPECT(chatroom_footprint(NULL) < 8u * 1024 * 1024);
    how.preset = CHATROOM_PRESET_FIRMWARE;
    ANSWERS(NONE, chatroom_config_sized(&sized, 8, 8, 4, 32, 128));
    EXPECT(chatroom_footprint(&how) == chatroom_footprint(&sized));
    how.preset = CHATROOM_PRESET_SERVER;
    EXPECT(chatroom_footprint(&how) > 100u * 1024 * 1024);
    how.preset = 3;
    EXPECT(chatroom_footprint(&how) == 0);
    EXPECT(strcmp(chatroom_config_fault(&how), "preset") == 0);
}

/* Zero says "the default"; CHATROOM_ZERO says zero. */
static void zeros(void) {
    static host of;
    chatroom_config how = small_config();
    chatroom_environment all = host_environment(&of);
    chatroom_session alice;
    how.create_on_join = CHATROOM_ZERO;
    ANSWERS(NONE, chatroom_open(&how, &all, &of.chat));
    ANSWERS(NONE, chatroom_tick(of.chat, begin_ms, 0));
    alice = connect_as(&of, CHATROOM_WIRE_TYPED, 1);
    ANSWERS(NONE, be_guest(&of, alice, "alice", NULL));
    ANSWERS(ROOM_UNKNOWN, join_room(&of, alice, "lobby", NULL));
    host_close(&of);
    how.users_max = CHATROOM_ZERO;
    EXPECT(strcmp(chatroom_config_fault(&how), "users_max") == 0);
    ANSWERS(CONFIG_INVALID, chatroom_open(&how, &all, &of.chat));
    EXPECT(of.chat == NULL);
    EXPECT(chatroom_footprint(&how) == 0);
}

/* A struct of an older version, of a newer one, and of no version at all. */
static void struct_sizes(void) {
    static host of;
    struct {
        chatroom_config now;
        uint32_t later[4];
    } newer;
    struct {
        chatroom_environment now;
        void* later;
    } newer_host;
    chatroom_environment all = host_environment(&of);
    memset(&newer, 0, sizeof newer);
    newer.now = small_config();
    newer.now.struct_size = 8;   /* Only its preset is there. */
    newer.now.users_max = 0xfffffff0u;
    ANSWERS(NONE, chatroom_open(&newer.now, &all, &of.chat));
    host_close(&of);
    newer.now = small_config();
    newer.now.struct_size = sizeof newer;
    ANSWERS(NONE, chatroom_open(&newer.now, &all, &of.chat));
    host_close(&of);
    newer.later[3] = 1;
    ANSWERS(INVALID_ARGUMENT, chatroom_open(&newer.now, &all, &of.chat));
    EXPECT(strcmp(chatroom_config_fault(&newer.now), "struct_size") == 0);
    newer.now.struct_size = 0;
    ANSWERS(INVALID_ARGUMENT, chatroom_open(&newer.now, &all, &of.chat));
    newer.now.struct_size = 3;
    ANSWERS(INVALID_ARGUMENT, chatroom_open(&newer.now, &all, &of.chat));
    newer.now.struct_size = 0xffffffffu;   /* Memory that was not set. */
    ANSWERS(INVALID_ARGUMENT, chatroom_open(&newer.now, &all, &of.chat));
    EXPECT(chatroom_footprint(&newer.now) == 0);

    memset(&newer_host, 0, sizeof newer_host);
    newer_host.now = all;
    newer_host.now.struct_size = sizeof newer_host;
    ANSWERS(NONE, chatroom_open(NULL, &newer_host.now, &of.chat));
    host_close(&of);
    newer_host.later = &of;
    ANSWERS(INVALID_ARGUMENT, chatroom_open(NULL, &newer_host.now, &of.chat));
    all.struct_size = 0;
    ANSWERS(INVALID_ARGUMENT, chatroom_open(NULL, &all, &of.chat));
    ANSWERS(INVALID_ARGUMENT, chatroom_open(NULL, NULL, &of.chat));
    all.struct_size = sizeof all;
    ANSWERS(INVALID_ARGUMENT, chatroom_open(NULL, &all, NULL));
    all.send = NULL;
    ANSWERS(INVALID_ARGUMENT, chatroom_open(NULL, &all, &of.chat));
}

static void converse(host* of) {
    chatroom_session alice;
    of->count = 0;
    ANSWERS(NONE, chatroom_tick(of->chat, begin_ms, 0));
    alice = connect_as(of, CHATROOM_WIRE_TYPED, 5);
    ANSWERS(NONE, be_guest(of, alice, "alice", NULL));
    ANSWERS(NONE, join_room(of, alice, "lobby", NULL));
    ANSWERS(NONE, say(of, alice, "lobby", "hello", NULL));
    EXPECT(times_told(of, alice, CHATROOM_EVENT_MESSAGE) == 1);
}

/* In the host's own memory, of any alignment and with anything in it. */
static void buffers(void) {
    static host of;
    chatroom_config how;
    chatroom_environment all = host_environment(&of);
    size_t exact, shift;
    all.allocate = NULL;
    all.release = NULL;
    ANSWERS(NONE, chatroom_config_sized(&how, 3, 40, 300, 77, 1001));
    exact = chatroom_footprint(&how);
    memset(odd, 0xa5, sizeof odd);
    ANSWERS(NONE, chatroom_open_in(&how, &all, odd + 1, exact, &of.chat));
    converse(&of);
    host_close(&of);
    ANSWERS(MEMORY_SHORT, chatroom_open_in(&how, &all, odd, exact - 128, &of.chat));
    EXPECT(of.chat == NULL);
    ANSWERS(INVALID_ARGUMENT, chatroom_open_in(&how, &all, NULL, exact, &of.chat));
    ANSWERS(NONE, chatroom_config_sized(&how, 1, 1, 1, 1, 1));
    exact = chatroom_footprint(&how);
    for (shift = 0; shift <= sizeof tiny - exact && shift < 64; ++shift) {
        memset(&of, 0, sizeof of);
        ANSWERS(NONE, chatroom_open_in(&how, &all, (char*)tiny + shift, exact, &of.chat));
        host_close(&of);
    }
    ANSWERS(NONE, chatroom_config_sized(&how, 8, 8, 4, 32, 128));
    all.memory_zeroed = 1;
    memset(&of, 0, sizeof of);
    ANSWERS(NONE, chatroom_open_in(&how, &all, firmware, sizeof firmware, &of.chat));
    converse(&of);
    host_close(&of);
}

static chatroom_registration registered(const chatroom_feature** features,
                                        const chatroom_codec** codecs) {
    chatroom_registration parts;
    memset(&parts, 0, sizeof parts);
    features[0] = chatroom_feature_guests();
    features[1] = chatroom_feature_rooms();
    features[2] = chatroom_feature_posts();
    features[3] = chatroom_feature_settings();
    codecs[0] = chatroom_codec_lines();
    codecs[1] = chatroom_codec_json();
    codecs[2] = chatroom_codec_binary();
    parts.struct_size = sizeof parts;
    parts.features = features;
    parts.codecs = codecs;
    parts.feature_count = 3;
    return parts;
}

/* Part by part. */
static void parts(void) {
    static host of;
    const chatroom_feature* features[17];
    const chatroom_codec* codecs[3];
    chatroom_registration with = registered(features, codecs);
    chatroom_environment all = host_environment(&of);
    const chatroom_config how = small_config();
    chatroom_config sized;
    chatroom_set_command set;
    size_t bare, lines, logged;
    chatroom_session session = 0;
    EXPECT(chatroom_names_unicode() != NULL && chatroom_names_ascii() != NULL);
    bare = chatroom_footprint_with(&how, &with);
    with.codec_count = 1;
    lines = chatroom_footprint_with(&how, &with);
    with.records = chatroom_records();
    with.names = chatroom_names_unicode();
    logged = chatroom_footprint_with(&how, &with);
    EXPECT(0 < bare && bare < lines && lines < logged && logged < chatroom_footprint(&how));
    with.codec_count = 3;
    with.feature_count = 4;
    EXPECT(chatroom_footprint_with(&how, &with) == chatroom_footprint(&how));

    with = registered(features, codecs);
    ANSWERS(NONE, chatroom_config_sized(&sized, 8, 8, 4, 32, 128));
    all.buffer = typed_alone;
    all.buffer_bytes = sizeof typed_alone;
    EXPECT(chatroom_footprint_with(&sized, &with) <= sizeof typed_alone);
    ANSWERS(NONE, chatroom_open_with(&sized, &all, &with, &of.chat));
    memset(features, 0, sizeof features);   /* They were copied. */
    converse(&of);
    set.room = chatroom_text_of("lobby");
    set.property = 0;
    set.value = chatroom_text_of("x");
    ANSWERS(OP_UNKNOWN, chatroom_set(of.chat, CHATROOM_HOST, &set, NULL));
    ANSWERS(CODEC_MISSING, chatroom_connect(of.chat, NULL, &session));
    ANSWERS(NONE, chatroom_disconnect(of.chat, 0) == CHATROOM_ERROR_NONE);
    host_close(&of);

    with = registered(features, codecs);
    all.buffer = NULL;
    ANSWERS(INVALID_ARGUMENT, chatroom_open_with(&how, &all, NULL, &of.chat));
    EXPECT(chatroom_footprint_with(&how, NULL) == 0);
    with.struct_size = 0;
    ANSWERS(INVALID_ARGUMENT, chatroom_open_with(&how, &all, &with, &of.chat));
    with = registered(features, codecs);
    features[1] = NULL;
    ANSWERS(INVALID_ARGUMENT, chatroom_open_with(&how, &all, &with, &of.chat));
    with = registered(features, codecs);
    with.codec_count = 2;
    codecs[1] = NULL;
    ANSWERS(INVALID_ARGUMENT, chatroom_open_with(&how, &all, &with, &of.chat));
    with = registered(features, codecs);
    with.features = NULL;
    ANSWERS(INVALID_ARGUMENT, chatroom_open_with(&how, &all, &with, &of.chat));
    with = registered(features, codecs);
    with.feature_count = 17;
    ANSWERS(INVALID_ARGUMENT, chatroom_open_with(&how, &all, &with, &of.chat));
    with.feature_count = 3;
    all.log = host_log;
    ANSWERS(INVALID_ARGUMENT, chatroom_open_with(&how, &all, &with, &of.chat));
    all.log = NULL;
    all.allocate = NULL;   /* Nothing is taken from the system unasked. */
    ANSWERS(MEMORY_SHORT, chatroom_open_with(&how, &all, &with, &of.chat));
    EXPECT(of.chat == NULL);
    all.allocate = chatroom_hosted_allocate;
    all.release = chatroom_hosted_release;
    all.entropy = chatroom_hosted_entropy;
    all.memory_zeroed = 1;
    memset(&of, 0, sizeof of);
    ANSWERS(NONE, chatroom_open_with(&how, &all, &with, &of.chat));
    converse(&of);
    host_close(&of);
}

static void* no_memory(size_t bytes, void* context) {
    (void)bytes;
    (void)context;
    return NULL;
}

static void allocators(void) {
    static host of;
    chatroom_environment all = host_environment(&of);
    unsigned char bytes[16] = {0};
    ANSWERS(NONE, chatroom_open(NULL, &all, &of.chat));
    EXPECT(of.blocks == 1 && of.block_bytes == chatroom_footprint(NULL));
    converse(&of);
    EXPECT(of.blocks == 1);
    host_close(&of);
    all.allocate = no_memory;
    ANSWERS(MEMORY_SHORT, chatroom_open(NULL, &all, &of.chat));
    all.allocate = NULL;
    all.entropy = NULL;
    ANSWERS(NONE, chatroom_open(NULL, &all, &of.chat));   /* The system's. */
    converse(&of);
    host_close(&of);
    EXPECT(chatroom_hosted_entropy(bytes, sizeof bytes, NULL) == 1);
    EXPECT(chatroom_hosted_entropy(NULL, 4, NULL) == 0);
    chatroom_hosted_release(NULL, 0, NULL);
}

int main(void) {
    CONTRACT_USES_ALL;
    bounds();
    presets();
    zeros();
    struct_sizes();
    buffers();
    parts();
    allocators();
    return contract_result();
}
