"""What Bazel's own C++ rules would say to the compiler, for rules that call it themselves."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME")

def compile_command(ctx, toolchain, source, output, copts = [], **directories):
    """The call of the compiler that makes `output` of `source` (paths).

    Args:
      ctx: the context of a rule with the attribute `copts` and the fragment "cpp".
      toolchain: of find_cpp_toolchain().
      source: what is compiled.
      output: what it becomes.
      copts: options behind those of the rule.
      **directories: where headers are found, as create_compile_variables() takes it.

    Returns:
      A struct: `tool`, its `arguments`, and `env`, the environment that they want.
    """
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    cpp = ctx.fragments.cpp
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        source_file = source,
        output_file = output,
        use_pic = True,
        user_compile_flags = cpp.copts + cpp.cxxopts + ctx.attr.copts + copts,
        **directories
    )
    action = {
        "action_name": CPP_COMPILE_ACTION_NAME,
        "feature_configuration": features,
    }
    return struct(
        tool = cc_common.get_tool_for_action(**action),
        arguments = cc_common.get_memory_inefficient_command_line(variables = variables, **action),
        env = cc_common.get_environment_variables(variables = variables, **action),
    )
