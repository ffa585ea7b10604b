"""The snapshot of the lab machine, the launcher, and the commands that use them."""

def _snapshot_impl(ctx):
    directory = ctx.actions.declare_directory(ctx.label.name)
    ctx.actions.run_shell(
        outputs = [directory],
        # The version of QEMU and the accelerator are read, so that another
        # version, or a host on which KVM works, makes another snapshot.
        inputs = [
            ctx.file.kernel,
            ctx.file.initramfs,
            ctx.file.qemu_version,
            ctx.file.accelerator,
        ],
        tools = [ctx.executable.launcher],
        command = "\"$1\" save --kernel \"$2\" --initramfs \"$3\" --accelerator \"$(cat \"$4\")\" --directory \"$5\"",
        arguments = [
            ctx.executable.launcher.path,
            ctx.file.kernel.path,
            ctx.file.initramfs.path,
            ctx.file.accelerator.path,
            directory.path,
        ],
        mnemonic = "SaveSnapshot",
        progress_message = "Booting the lab machine once, to save it (some seconds)",
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([directory]))]

# A directory with the state of a guest that waits for a job.
snapshot = rule(
    implementation = _snapshot_impl,
    attrs = {
        "accelerator": attr.label(allow_single_file = True, mandatory = True),
        "initramfs": attr.label(allow_single_file = True, mandatory = True),
        "kernel": attr.label(allow_single_file = True, mandatory = True),
        # Built once, for the same host that uses it.
        "launcher": attr.label(executable = True, cfg = "target", mandatory = True),
        "qemu_version": attr.label(allow_single_file = True, mandatory = True),
    },
)

def _lab_impl(ctx):
    # The launcher looks for the parts of the lab beside itself.
    lab = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(
        output = lab,
        target_file = ctx.executable.launcher,
        is_executable = True,
    )
    parts = [ctx.executable.launcher] + ctx.files.parts
    return [DefaultInfo(
        executable = lab,
        files = depset([lab] + parts),
        runfiles = ctx.runfiles(files = [lab] + parts),
    )]

# The launcher together with what it makes guests from.
lab = rule(
    implementation = _lab_impl,
    attrs = {
        "launcher": attr.label(executable = True, cfg = "target", mandatory = True),
        "parts": attr.label_list(allow_files = True),
    },
    executable = True,
)

def _lab_command_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(
        output = script,
        content = "#!/bin/sh\nexec \"$(dirname \"$0\")/lab\" {} \"$@\"\n".format(ctx.attr.command),
        is_executable = True,
    )
    runfiles = ctx.runfiles(files = ctx.files.data + [ctx.executable.lab])
    return [DefaultInfo(
        executable = script,
        runfiles = runfiles.merge(ctx.attr.lab[DefaultInfo].default_runfiles),
    )]

# `bazel run //vm:NAME -- ARGS` for `lab COMMAND ARGS`.
lab_command = rule(
    implementation = _lab_command_impl,
    attrs = {
        "command": attr.string(mandatory = True),
        "data": attr.label_list(),
        "lab": attr.label(default = "//vm:lab", executable = True, cfg = "target"),
    },
    executable = True,
)
