"""Where the libraries that the distribution packages enter the build.

`@system//:NAME` is one of them. If it is missing, it is a target that says so, and
what to do about it, when something that needs it is built.
"""

load(":missing.bzl", "LOAD_MISSING", "missing_target")

# name -> (a file that proves it is there, package in Debian, link options)
_LIBRARIES = {
    "catch2_v2": ("/usr/include/catch2/catch.hpp", "catch2", []),
    "catch2_v3": ("/usr/include/catch2/catch_all.hpp", "catch2", ["-lCatch2"]),
    "cli11": ("/usr/include/CLI/CLI.hpp", "libcli11-dev", []),
    "fmt_headers": ("/usr/include/fmt/format.h", "libfmt-dev", []),
    "json": ("/usr/include/nlohmann/json.hpp", "nlohmann-json3-dev", []),
    "libcap": ("/usr/include/sys/capability.h", "libcap-dev", ["-lcap"]),
    "libseccomp": ("/usr/include/seccomp.h", "libseccomp-dev", ["-lseccomp"]),
    "libsodium": ("/usr/include/sodium.h", "libsodium-dev", ["-lsodium"]),
}

def _library(name, package, link_options):
    return """
cc_library(
    name = "{name}",
    linkopts = {link_options},
    visibility = ["//visibility:public"],
)
""".format(name = name, link_options = repr(link_options))

def _alias(name, actual):
    return """
alias(
    name = "{name}",
    actual = "{actual}",
    visibility = ["//visibility:public"],
)
""".format(name = name, actual = actual)

_LOAD_CC = 'load("@rules_cc//cc:defs.bzl", "cc_library")\n'

def _system_libraries_impl(ctx):
    build = LOAD_MISSING + _LOAD_CC
    for name, (proof, package, link_options) in _LIBRARIES.items():
        if ctx.path(proof).exists:
            build += _library(name, package, link_options)
        else:
            build += missing_target(name, "The package %s (%s)" % (package, proof))

    # Catch2 2 is one header, Catch2 3 a library: third_party/catch2.h hides which.
    v3 = ctx.path(_LIBRARIES["catch2_v3"][0]).exists
    build += _alias("catch2", ":catch2_v3" if v3 else ":catch2_v2")
    ctx.file("BUILD", build)

# Libraries that the distribution packages. Their headers are in /usr/include,
# where the compiler looks by itself.
system_libraries = repository_rule(
    implementation = _system_libraries_impl,
    local = True,
)
