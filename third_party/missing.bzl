"""A target for something that this machine does not have."""

def _missing_impl(ctx):
    fail(ctx.attr.message)

# Ends the build with `message` when something depends on it, and not before.
missing = rule(
    implementation = _missing_impl,
    attrs = {"message": attr.string(mandatory = True)},
)
