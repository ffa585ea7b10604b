"""A target for something that this computer does not have."""

def _missing_impl(ctx):
    fail(ctx.attr.message)

# Ends the build with `message` when something depends on it, and not before.
missing = rule(
    implementation = _missing_impl,
    attrs = {"message": attr.string(mandatory = True)},
)

# The same for the BUILD file that a repository rule writes: a line at its top, and
# the text of a target.
LOAD_MISSING = 'load("@container_kit//bazel:missing.bzl", "missing")\n'

def missing_target(name, what):
    return """
missing(
    name = "{name}",
    message = "{what} is missing. Run ./setup, then try again.",
    visibility = ["//visibility:public"],
)
""".format(name = name, what = what)
