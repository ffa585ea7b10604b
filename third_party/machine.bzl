"""What WORKSPACE declares, for MODULE.bazel."""

load(":system.bzl", "lab_machine", "system_libraries")

def _machine_impl(_ctx):
    system_libraries(name = "system")
    lab_machine(name = "lab_machine")

machine = module_extension(implementation = _machine_impl)
