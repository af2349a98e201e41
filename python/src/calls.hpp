#pragma once

// What engines and clients have in common: bytes from Python, the rule of one thread at a time,
// and what callbacks raise.

#include <atomic>
#include <optional>

#include "convert.hpp"

namespace binding {

using chatroom::error;

/// A view of anything that gives its bytes: str, bytes, bytearray, memoryview, mmap.
class byte_view {
public:
    explicit byte_view(py::handle from) {
        if (PyUnicode_Check(from.ptr())) {
            view_ = view_of(from, "frame");
            return;
        }
        if (PyObject_GetBuffer(from.ptr(), &buffer_, PyBUF_SIMPLE) != 0) {
            throw py::error_already_set();
        }
        view_ = {static_cast<const char*>(buffer_.buf), std::size_t(buffer_.len)};
    }
    ~byte_view() {
        if (buffer_.obj != nullptr) PyBuffer_Release(&buffer_);
    }
    byte_view(const byte_view&) = delete;
    byte_view& operator=(const byte_view&) = delete;
    std::string_view view() const { return view_; }

private:
    Py_buffer buffer_{};
    std::string_view view_;
};

/// Fills bytes with what a callback draws.
inline void draw(const py::object& entropy, void* out, std::size_t size) {
    const py::object given = entropy(size);
    const std::string_view bytes = view_of(given, "entropy");
    if (bytes.size() != size) throw py::value_error("entropy: as many bytes as asked for");
    std::memcpy(out, bytes.data(), size);
}

/// The calls under way of one object: of one thread, and inside one another by callbacks.
///
/// What a callback raised reaches the caller of the outermost call, when that is done; what is
/// behind the calls does not know exceptions.
class calls {
public:
    class turn;

    /// @param busy      what a second thread is told
    /// @param callback  what callbacks are called where Python tells of a second exception
    calls(const char* busy, const char* callback) : busy_(busy), callback_(callback) {}

    bool nested() const { return depth_ > 1; }

    /// Runs a callback's Python. No exception leaves it.
    template <typename Act>
    void guarded(const Act& act) noexcept {
        const py::gil_scoped_acquire python;
        try {
            act();
        } catch (const py::error_already_set& raised) {
            keep(raised);
        } catch (const py::builtin_exception& raised) {
            raised.set_error();
            keep(py::error_already_set());
        } catch (const std::exception& raised) {
            PyErr_SetString(PyExc_RuntimeError, raised.what());
            keep(py::error_already_set());
        }
    }

private:
    void keep(py::error_already_set raised) {
        if (raised_) {   // The caller can be given one; the others go where those of __del__ go.
            raised.discard_as_unraisable(callback_);
        } else {
            raised_.emplace(std::move(raised));
        }
    }

    const char* busy_;
    const char* callback_;
    std::atomic<unsigned long> owner_{0};   ///< The thread inside; 0: none.
    unsigned depth_ = 0;                    ///< How many calls inside one another.
    std::optional<py::error_already_set> raised_;   ///< By a callback of the call under way.
};

/// One call, as long as it runs. `finish` raises what a callback raised.
class calls::turn {
public:
    explicit turn(calls& of) : of_(of) {
        const unsigned long me = PyThread_get_thread_ident();
        unsigned long nobody = 0;
        if (of.owner_.load() != me && !of.owner_.compare_exchange_strong(nobody, me)) {
            throw std::runtime_error(of.busy_);
        }
        ++of.depth_;
    }
    ~turn() {
        if (--of_.depth_ == 0) of_.owner_.store(0);
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

    bool is_outermost() const { return of_.depth_ == 1; }
    bool failed() const { return is_outermost() && of_.raised_; }
    void finish() {
        if (!failed()) return;
        py::error_already_set raised = std::move(*of_.raised_);
        of_.raised_.reset();
        throw raised;
    }

private:
    calls& of_;
};

}  // namespace binding
