// The one file that the installed library consists of.
#define CHATROOM_IMPLEMENTATION
#include "chatroom.hpp"
