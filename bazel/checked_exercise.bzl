"""A learner's file is looked at before it is compiled: check_exercise.py."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _checked_exercise_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    context = cc_common.merge_cc_infos(
        cc_infos = [dep[CcInfo] for dep in ctx.attr.deps],
    ).compilation_context
    stamp = ctx.actions.declare_file(ctx.label.name + ".h")
    options = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts + ctx.attr.copts
    for directory in context.quote_includes.to_list():
        options += ["-iquote", directory]
    for directory in context.system_includes.to_list():
        options += ["-isystem", directory]
    ctx.actions.run(
        executable = "python3",
        arguments = [ctx.file._check.path, ctx.file.src.path, stamp.path, toolchain.compiler_executable] +
                    toolchain.built_in_include_directories + ["--"] + options,
        inputs = depset(
            [ctx.file.src, ctx.file._check],
            transitive = [context.headers, toolchain.all_files],
        ),
        outputs = [stamp],
        mnemonic = "CheckExercise",
        progress_message = "Checking " + ctx.file.src.short_path,
        # A cache knows a file by its content, and would not see that it is a link.
        execution_requirements = {"no-cache": "1"},
        use_default_shell_env = True,
    )
    return [CcInfo(compilation_context = cc_common.create_compilation_context(
        headers = depset([stamp]),
    ))]

# What is compiled with this in its deps is compiled after the check, if `src` has
# passed it: the stamp is one of its headers.
checked_exercise = rule(
    implementation = _checked_exercise_impl,
    attrs = {
        "copts": attr.string_list(),
        "deps": attr.label_list(providers = [CcInfo]),
        "src": attr.label(allow_single_file = [".cc"], mandatory = True),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_check": attr.label(default = "//bazel:check_exercise.py", allow_single_file = True),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
