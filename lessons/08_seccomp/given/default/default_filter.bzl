"""The filter for containers that ask for no other, compiled at build time."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library")
load("//bazel:cc.bzl", "KIT_COPTS", "KIT_LINKOPTS")

_FOLDER = "08_seccomp/given/default/"

def default_filter(name):
    """A library: default.h, and what the profiles are compiled to.

    The compiler uses the solution's steps, since a learner's may be unwritten.
    """
    cc_binary(
        name = name + "_compiler",
        srcs = [_FOLDER + "compile_profiles.cc"],
        copts = KIT_COPTS,
        linkopts = KIT_LINKOPTS,
        deps = [
            ":08_seccomp_given",
            "//solutions:08_seccomp_exercise",
        ],
    )
    native.genrule(
        name = name + "_source",
        # The compiler is a source, and not a tool: so it is not built twice.
        srcs = [
            _FOLDER + "profile.json",
            _FOLDER + "unconfined.json",
            _FOLDER + "init.json",
            ":%s_compiler" % name,
        ],
        outs = [name + "_filter.cc"],
        cmd = "$(location :{0}_compiler) $(location {1}profile.json) $(location {1}unconfined.json) $(location {1}init.json) > $@".format(name, _FOLDER),
        message = "Compiling the default profiles of system calls",
    )
    cc_library(
        name = name,
        srcs = [
            _FOLDER + "choose_filter.cc",
            name + "_filter.cc",
        ],
        hdrs = [_FOLDER + "default.h"],
        copts = KIT_COPTS + ["-O2"],
        deps = [":08_seccomp_given"],
    )
