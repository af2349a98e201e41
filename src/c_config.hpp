#pragma once

#include "../chatroom_c.h"
#include "engine.hpp"

namespace chatroom::detail {

/// Bytes in a block before what the engine claims: its handle, the features registered, and what
/// aligning them takes.
constexpr std::size_t c_features_max = 16;
constexpr std::size_t c_handle_bytes_max =
    CHATROOM_BYTES_HANDLE + c_features_max * sizeof(void*);

/// Whether this can be the size of a struct, rather than memory that was not set.
bool is_struct_size(std::uint32_t size) noexcept;

/// Copies a struct that begins with its size; what the caller's does not have is 0.
/// @return false when its size can be none, or it has something that this version does not know
bool read_struct(const void* from, void* to, std::size_t bytes, std::size_t align) noexcept;

template <typename T>
bool read_struct(const T* from, T& to) noexcept {
    return read_struct(from, &to, sizeof to, alignof(T));
}

/// Whether there are zeros alone between what is known of a struct and its size.
bool is_zero_from(const void* of, std::size_t known, std::size_t size) noexcept;

/// What a configuration of C says; null stands for the defaults.
error config_from_c(const chatroom_config* from, config& how) noexcept;

/// The configuration for a small device.
error config_to_c(chatroom_config* to, std::uint32_t users, std::uint32_t sessions,
                  std::uint32_t rooms, std::uint32_t messages, std::uint32_t text_bytes) noexcept;

}  // namespace chatroom::detail
