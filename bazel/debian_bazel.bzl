"""What Bazel 4.2.3, as Debian 12 and 13 package it, needs to build C++ offline."""

_RULES_CC = "/usr/share/bazel/rules/cc"

# rules_cc 0.0.4 loads `use_cpp_toolchain` in these, which Bazel 4 does not have.
_USES_NEWER_BAZEL = ["compiler_flag.bzl", "cc_flags_supplier.bzl"]

def _debian_rules_cc_impl(ctx):
    if not ctx.path(_RULES_CC).exists:
        fail("Debian's package bazel-rules-cc is missing. Run ./setup, then try again.")
    for path in ["BUILD", "WORKSPACE"]:
        ctx.symlink(_RULES_CC + "/" + path, path)
    found = ctx.execute(["find", _RULES_CC + "/cc", "-type", "f", "-printf", "cc/%P\\n"])
    for path in found.stdout.strip().split("\n"):
        if path.split("/")[-1] in _USES_NEWER_BAZEL:
            text = ctx.read(_RULES_CC + "/" + path)
            text = text.replace(", \"use_cpp_toolchain\"", "")
            text = text.replace(
                "use_cpp_toolchain()",
                "[\"@bazel_tools//tools/cpp:toolchain_type\"]",
            )
            ctx.file(path, text)
        else:
            ctx.symlink(_RULES_CC + "/" + path, path)

# The packaged rules_cc, with the two files rewritten that Bazel 4 cannot load.
debian_rules_cc = repository_rule(implementation = _debian_rules_cc_impl, local = True)

def _empty_repository_impl(ctx):
    ctx.file("BUILD", "\n".join([
        'filegroup(name = "%s", visibility = ["//visibility:public"])' % name
        for name in ctx.attr.filegroups
    ]))

# A repository with nothing in it but these empty filegroups.
empty_repository = repository_rule(
    implementation = _empty_repository_impl,
    attrs = {"filegroups": attr.string_list()},
)
