// The only try/catch at the boundary: nothing thrown inside a plugin leaves it.
#pragma once

#include <millrace/failure.hpp>
#include <millrace/text.hpp>

#include <exception>
#include <new>
#include <utility>

namespace millrace {

// `otherwise` is the status of an exception that is no Failure: MR_INVALID in create, MR_FATAL elsewhere.
template <class Call>
mr_status guarded(mr_error* error, mr_status otherwise, Call&& call) noexcept {
  try {
    return std::forward<Call>(call)();
  } catch (const Failure& failure) {
    write_error(error, failure.what(), failure.detail());
    return failure.status();
  } catch (const std::bad_alloc&) {
    write_error(error, "out of memory");
    return MR_TRANSIENT;
  } catch (const std::exception& exception) {
    write_error(error, exception.what());
    return otherwise;
  } catch (...) {
    write_error(error, "an exception of unknown type");
    return otherwise;
  }
}

// For calls without a status: what goes wrong is the instance's failure.
template <class Call>
void guarded(const mr_host* host, Call&& call) noexcept {
  mr_error error{};
  const mr_status status = guarded(&error, MR_FATAL, [&] {
    std::forward<Call>(call)();
    return MR_OK;
  });
  if (status != MR_OK) {
    host->failed(host, &error);
  }
}

} // namespace millrace
