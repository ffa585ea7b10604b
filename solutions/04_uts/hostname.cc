#include "lessons/04_uts/hostname.h"

#include <sched.h>
#include <unistd.h>

#include "lessons/kit/check.h"
#include "lessons/kit/todo.h"

using kit::check;

namespace container {

void ask_for_names_of_its_own(clone_args& args) {
  // "UNIX Time-sharing System": the kernel's old name for these names.
  args.flags |= CLONE_NEWUTS;
}

void set_host_name(std::string_view name) {
  // The kernel wants a length, not a '\0', and allows 64 bytes at most.
  check(::sethostname(name.data(), name.size()), "set the host name to {}",
        name);
}

void set_domain_name(std::string_view name) {
  check(::setdomainname(name.data(), name.size()), "set the domain name to {}",
        name);
}

}  // namespace container
