"""What the lab machine is made of, as it is found on this computer.

`@lab_machine//` has the kernel that ./setup put into its cache, the version of QEMU,
what it runs with (kvm or tcg), busybox, and newuidmap. What is missing is a target
that says so, and what to do about it, when something that needs it is built.
"""

load(":missing.bzl", "LOAD_MISSING", "missing_target")

_QEMU = "qemu-system-x86_64"

# Programs that write maps of user namespaces for ordinary users. They are not
# static: their libraries and the loader come along, under the paths that they
# expect. Returns what the BUILD file says about it.
def _add_uidmap(ctx):
    programs = [ctx.which("newuidmap"), ctx.which("newgidmap")]
    if None in programs:
        return "".join([
            missing_target(name, "The package uidmap (newuidmap, newgidmap)")
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
    build = LOAD_MISSING + 'exports_files(["qemu-version"])\n'

    kernel = ctx.path(cache + "/kernel")
    if kernel.exists:
        for part in ["vmlinuz", "modules", "release"]:
            ctx.symlink(cache + "/kernel/" + part, part)
        build += 'exports_files(["vmlinuz", "release", "modules/load-order", "accelerator"])\n'
        build += 'filegroup(name = "modules", srcs = glob(["modules/**"]), visibility = ["//visibility:public"])\n'
    else:
        for part in ["vmlinuz", "modules", "release"]:
            build += missing_target(part, "The lab machine's kernel (%s)" % kernel)

    # QEMU's version is an input of the snapshot: another QEMU, another snapshot.
    qemu = ctx.which(_QEMU)
    version = ctx.execute([qemu, "--version"]).stdout if qemu else "none"
    ctx.file("qemu-version", version)

    # So is the accelerator. Asking for it boots a guest, where there is a /dev/kvm, and
    # is remembered until this host boots again.
    accelerator = "tcg"
    if kernel.exists:
        asked = ctx.execute([ctx.path(ctx.attr._accelerator), str(kernel) + "/vmlinuz"])
        accelerator = asked.stdout.strip() or "tcg"
    ctx.file("accelerator", accelerator)

    busybox = ctx.which("busybox")
    if busybox:
        ctx.symlink(busybox, "busybox")
        build += 'exports_files(["busybox"], visibility = ["//visibility:public"])\n'
    else:
        build += missing_target("busybox", "The package busybox-static")
    build += _add_uidmap(ctx)
    ctx.file("BUILD", build)

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
