// Ownership of libuv handles: on the heap, freed only in the close callback.
#pragma once

#include <uv.h>

#include <memory>
#include <utility>

namespace whytls::proxy {

// Owns one initialised libuv handle. Destruction or reset() closes it; its memory goes back in the close
// callback, so the loop must run once more before uv_loop_close().
template <class Handle>
class UvHandle {
 public:
  UvHandle() = default;
  UvHandle(UvHandle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  UvHandle& operator=(UvHandle&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  UvHandle(const UvHandle&) = delete;
  UvHandle& operator=(const UvHandle&) = delete;
  ~UvHandle() { reset(); }

  // Calls initialise(loop, handle, arguments...), for example uv_tcp_init. Returns its status; the object
  // stays empty when that is an error. What it held before is closed first.
  template <class Initialise, class... Arguments>
  [[nodiscard]] int init(Initialise initialise, uv_loop_t* loop, Arguments... arguments) {
    reset();
    auto handle = std::make_unique<Handle>();
    const int status = initialise(loop, handle.get(), arguments...);
    if (status != 0) return status;
    handle_ = handle.release();
    return 0;
  }

  void reset() noexcept {
    if (handle_ == nullptr) return;
    handle_->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(handle_, nullptr)),
             [](uv_handle_t* handle) { delete reinterpret_cast<Handle*>(handle); });
  }

  [[nodiscard]] Handle* get() const { return handle_; }
  Handle* operator->() const { return handle_; }
  explicit operator bool() const { return handle_ != nullptr; }
  [[nodiscard]] uv_stream_t* stream() const { return reinterpret_cast<uv_stream_t*>(handle_); }

 private:
  Handle* handle_ = nullptr;
};

}  // namespace whytls::proxy
