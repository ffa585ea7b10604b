"""What WORKSPACE declares, for MODULE.bazel."""

load(":lab_machine.bzl", "lab_machine")
load(":system_libraries.bzl", "system_libraries")

def _system_impl(_ctx):
    system_libraries(name = "system")
    lab_machine(name = "lab_machine")

system = module_extension(implementation = _system_impl)
