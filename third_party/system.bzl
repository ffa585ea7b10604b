"""The one place where system packages enter the build.

`@system//:NAME` is a library of the machine, `@lab_machine//` the kernel and the
emulator of the lab. What is missing becomes a target that says so, and what to
do, when something that needs it is built.
"""

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

def _missing(name, what):
    return """
missing(
    name = "{name}",
    message = "{what} is missing on this machine. Run ./setup, then try again.",
    visibility = ["//visibility:public"],
)
""".format(name = name, what = what)

def _alias(name, actual):
    return """
alias(
    name = "{name}",
    actual = "{actual}",
    visibility = ["//visibility:public"],
)
""".format(name = name, actual = actual)

_LOAD_MISSING = 'load("@container_kit//third_party:missing.bzl", "missing")\n'
_LOAD_CC = 'load("@rules_cc//cc:defs.bzl", "cc_library")\n'

def _system_libraries_impl(ctx):
    build = _LOAD_MISSING + _LOAD_CC
    for name, (proof, package, link_options) in _LIBRARIES.items():
        if ctx.path(proof).exists:
            build += _library(name, package, link_options)
        else:
            build += _missing(name, "The package %s (%s)" % (package, proof))

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

_QEMU = "qemu-system-x86_64"

# Programs that write maps of user namespaces for ordinary users. They are not
# static: their libraries and the loader come along, under the paths that they
# expect. Returns what the BUILD file says about it.
def _add_uidmap(ctx):
    programs = [ctx.which("newuidmap"), ctx.which("newgidmap")]
    if None in programs:
        return "".join([
            _missing(name, "The package uidmap (newuidmap, newgidmap)")
            for name in ["uidmap", "uidmap/bin/newuidmap"]
        ])
    for program in programs:
        ctx.symlink(program, "uidmap/bin/" + program.basename)

    # "	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f21a4e12000)"
    listed = ctx.execute(["ldd"] + programs).stdout
    words = listed.replace("\n", " ").replace("\t", " ").split(" ")
    libraries = {word: None for word in words if word.startswith("/") and not word.endswith(":")}
    for library in libraries:
        ctx.symlink(library, "uidmap" + library)
    return """
exports_files(["uidmap/bin/newuidmap"])
filegroup(
    name = "uidmap",
    srcs = glob(["uidmap/**"]),
    visibility = ["//visibility:public"],
)
"""

def _lab_machine_impl(ctx):
    cache = ctx.os.environ.get("CONTAINER_KIT_CACHE", "/var/cache/container-kit")
    build = _LOAD_MISSING + 'exports_files(["qemu-version"])\n'

    kernel = ctx.path(cache + "/kernel")
    if kernel.exists:
        for part in ["vmlinuz", "modules", "release"]:
            ctx.symlink(cache + "/kernel/" + part, part)
        build += 'exports_files(["vmlinuz", "release", "modules/load-order", "accelerator"])\n'
        build += 'filegroup(name = "modules", srcs = glob(["modules/**"]), visibility = ["//visibility:public"])\n'
    else:
        for part in ["vmlinuz", "modules", "release"]:
            build += _missing(part, "The lab machine's kernel (%s)" % kernel)

    # So is what runs the machine: asking boots a probe guest once per boot of this
    # host, where there is a /dev/kvm.
    accelerator = "tcg"
    if kernel.exists:
        asked = ctx.execute([ctx.path(ctx.attr._accelerator), str(kernel) + "/vmlinuz"])
        accelerator = asked.stdout.strip() or "tcg"
    ctx.file("accelerator", accelerator)

    # The version is an input of the saved machine: another QEMU, another machine.
    qemu = ctx.which(_QEMU)
    version = ctx.execute([qemu, "--version"]).stdout if qemu else "none"
    ctx.file("qemu-version", version)

    busybox = ctx.which("busybox")
    if busybox:
        ctx.symlink(busybox, "busybox")
        build += 'exports_files(["busybox"], visibility = ["//visibility:public"])\n'
    else:
        build += _missing("busybox", "The package busybox-static")
    build += _add_uidmap(ctx)
    ctx.file("BUILD", build)

# The kernel that ./setup put into its cache, the version of QEMU, what it runs
# with (kvm or tcg), busybox, and newuidmap.
lab_machine = repository_rule(
    implementation = _lab_machine_impl,
    attrs = {
        "_accelerator": attr.label(
            default = "//vm:accelerator.sh",
            allow_single_file = True,
        ),
    },
    environ = ["CONTAINER_KIT_CACHE"],
    local = True,
)
