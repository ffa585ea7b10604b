"""A learner's program for its judge: it is there even if it cannot be built.

Bazel keeps the log of the last test that could be built. So if a file that the
compiler refuses made the build fail, the log would still show the verdict on the
file before it, of another student perhaps. Here the action that compiles and links
never fails. What the tools had to say is an output beside the program, and the test
prints it: 0 points, and a report that says so.
"""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")
load("//bazel:compile.bzl", "compile_command")

BuildMessages = provider(doc = "What could not be built, and why.", fields = ["file"])

def _compile_words(ctx, toolchain, context, source, object):
    command = compile_command(
        ctx,
        toolchain,
        source.path,
        object,
        quote_include_directories = context.quote_includes,
        include_directories = context.includes,
        system_include_directories = context.system_includes,
        preprocessor_defines = context.defines,
    )
    return [command.tool] + command.arguments

def _libraries(linking_context):
    """The libraries' files, and the options with which they are linked."""
    files = []
    options = []
    flags = []
    for linked in linking_context.linker_inputs.to_list():
        flags += linked.user_link_flags
        for library in linked.libraries:
            archive = library.pic_static_library or library.static_library
            files.append(archive)
            if library.alwayslink:
                options += ["-Wl,--whole-archive", archive.path, "-Wl,--no-whole-archive"]
            else:
                options.append(archive.path)
    return files, ["-Wl,--start-group"] + options + ["-Wl,--end-group"] + flags

def _words(command):
    return " ".join(["'" + word.replace("'", "'\\''") + "'" for word in command])

def _judged_exercise_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    info = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps])
    context = info.compilation_context
    program = ctx.actions.declare_file(ctx.label.name)
    messages = ctx.actions.declare_file(ctx.label.name + ".messages")
    archives, libraries = _libraries(info.linking_context)

    # Of each lesson that this one uses, the learner's file or the solution's.
    sources = [ctx.file.src] + [
        each.files.to_list()[0]
        for each in ctx.attr.used
    ]
    steps = []
    objects = []
    for source in sources:
        object = "%s.%d.o" % (program.path, len(objects))
        objects.append(object)
        if not source.path.startswith("solutions/"):
            steps.append(_words(
                ["python3", ctx.file._check.path, source.path, object, toolchain.compiler_executable] +
                toolchain.built_in_include_directories + ["--"] +
                ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts +
                [word for each in context.quote_includes.to_list() for word in ["-iquote", each]] +
                [word for each in context.system_includes.to_list() for word in ["-isystem", each]],
            ))
        steps.append(_words(_compile_words(ctx, toolchain, context, source, object)))
    steps.append(_words(
        [toolchain.compiler_executable, "-o", program.path] + objects + libraries +
        ctx.attr.linkopts + ["-lstdc++", "-lm"],
    ))
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(script, "\n".join([
        "#!/bin/sh",
        "set -e",
    ] + steps) + "\n", is_executable = True)
    ctx.actions.run_shell(
        # Warnings are shown by Bazel, and errors are kept for the test.
        command = "if \"$1\" >\"$2\" 2>&1; then cat \"$2\" >&2; : >\"$2\"; else : >\"$3\"; chmod +x \"$3\"; fi",
        arguments = [script.path, messages.path, program.path],
        inputs = depset(
            sources + archives + [ctx.file._check, script],
            transitive = [context.headers, toolchain.all_files],
        ),
        outputs = [program, messages],
        mnemonic = "BuildExercise",
        progress_message = "Building " + ctx.file.src.short_path,
        # A cache knows a file by its content, and would not see that it is a link.
        execution_requirements = {"no-cache": "1"},
        use_default_shell_env = True,
    )
    return [
        DefaultInfo(executable = program, files = depset([program])),
        BuildMessages(file = messages),
    ]

# The program made of `src`, of the steps of other lessons (`used`), and of `deps`.
judged_exercise = rule(
    implementation = _judged_exercise_impl,
    executable = True,
    attrs = {
        "copts": attr.string_list(),
        "deps": attr.label_list(providers = [CcInfo]),
        "linkopts": attr.string_list(),
        "src": attr.label(allow_single_file = [".cc"], mandatory = True),
        "used": attr.label_list(allow_files = True),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_check": attr.label(default = "//bazel:check_exercise.py", allow_single_file = True),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
