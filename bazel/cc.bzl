"""How our own C++ is compiled and linked. Third-party headers are not held to this."""

KIT_COPTS = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wshadow",
    "-Wconversion",
    "-Wnon-virtual-dtor",
    "-Werror",
    # Headers of the system, those of the libraries included, stay as they are.
    "-Wno-error=deprecated-declarations",
]

# Static: a program must run in any root file system, and start fast. And
# position-independent (-static-pie): a program that is linked with plain -static
# sorts all its unwind tables when its first exception is thrown (libgcc's
# __register_frame_info), 20 million instructions; this one finds them sorted.
# Bazel chooses the linker gold where there is one, which cannot link such programs.
# And without what nothing calls: a quarter of a program, that is carried into the
# lab machine each time.
KIT_LINKOPTS = select({
    "//bazel:sanitized": [],
    "//conditions:default": ["-static-pie", "-fuse-ld=bfd", "-Wl,--gc-sections"],
})
