"""A header that the compiler parses once, for all files that begin with it.

Most of the time that an exercise takes to compile goes into the standard library's
headers and fmt's. GCC can keep what it has made of them (GCC's manual, "Using
Precompiled Headers") and read it again in a tenth of the time. A precompiled
header fits only files that are compiled with the same options; where it does not
fit, GCC reads the header itself.
"""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")
load(":compile.bzl", "compile_command")

def _precompile(ctx, header, precompiled):
    toolchain = find_cpp_toolchain(ctx)
    command = compile_command(
        ctx,
        toolchain,
        header.path,
        precompiled.path,
        copts = ["-x", "c++-header"],
    )
    ctx.actions.run(
        executable = command.tool,
        arguments = command.arguments,
        env = command.env,
        inputs = depset([header], transitive = [toolchain.all_files]),
        outputs = [precompiled],
        mnemonic = "CppPrecompile",
        progress_message = "Precompiling %s" % ctx.file.header.short_path,
    )

def _precompiled_header_impl(ctx):
    # A folder of its own: GCC takes X.gch only where it would find X.
    header = ctx.actions.declare_file("precompiled/" + ctx.file.header.basename)
    ctx.actions.expand_template(template = ctx.file.header, output = header, substitutions = {})
    precompiled = ctx.actions.declare_file(header.basename + ".gch", sibling = header)
    _precompile(ctx, header, precompiled)
    return [CcInfo(compilation_context = cc_common.create_compilation_context(
        headers = depset([header, precompiled]),
    ))]

# `header` may include headers of the system alone. `copts` are those of the files
# that use it: with this in deps, and --include=FOLDER/precompiled/HEADER.
precompiled_header = rule(
    implementation = _precompiled_header_impl,
    attrs = {
        "copts": attr.string_list(),
        "header": attr.label(allow_single_file = [".h"], mandatory = True),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
