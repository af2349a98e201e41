#pragma once

// What users see, in reading order.

#include "base/version.hpp"
#include "base/chunk.hpp"
#include "base/error.hpp"
#include "model/config.hpp"
#include "model/footprint.hpp"
#include "model/command.hpp"
#include "model/event.hpp"
#include "engine.hpp"
#include "client.hpp"
