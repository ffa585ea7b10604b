"""Controls: 14_container with one of its walls taken out.

A wall that holds proves little as long as nobody has seen the same attempt
succeed. So each patch in controls/ removes one wall from a given file, or from a
solution, and control() makes a program of that.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//lessons:lesson.bzl", "CORE")
load("//bazel:cc.bzl", "KIT_COPTS", "KIT_LINKOPTS")

_EXERCISES = CORE + ["14_container"]

def _patched(folder, file, patches):
    """`file` ("lessons/14_container/main.cc") with the patches, as a new file."""
    package, path = file.split("/", 1)
    original = "//%s:%s" % (package, path) if "/kit/" not in file else "//lessons/kit:" + path.split("/")[-1]
    copy = "%s/%s" % (folder, path.split("/")[-1])
    steps = ["cp $(location %s) $@" % original, "chmod u+w $@"] + [
        # --fuzz=0: a patch that no longer fits is to be noticed, not bent.
        "patch --quiet --fuzz=0 --no-backup-if-mismatch $@ $(location controls/%s.patch)" % patch
        for patch in patches
    ]
    native.genrule(
        name = copy + "_patched",
        srcs = [original] + ["controls/%s.patch" % patch for patch in patches],
        outs = [copy],
        cmd = " && ".join(steps),
    )
    return copy

def control(name, patches):
    """14_container with these patches: {file: [patch, ...]}.

    A patched file takes the place of the original: of a library that is linked
    only as far as it is needed, the original is not needed any more.

    Returns the program's label, and its path in the lab machine, below /job.
    """
    folder = "controls/" + name
    main = ["//lessons:14_container_main"]
    exercises = ["//solutions:%s_exercise" % lesson for lesson in _EXERCISES]
    for file in patches:
        if file.endswith("/main.cc"):
            main = []
        lesson = file.split("/")[1]
        if file.startswith("solutions/"):
            exercises = [each for each in exercises if each != "//solutions:%s_exercise" % lesson]
    cc_binary(
        name = folder + "/14_container",
        srcs = [_patched(folder, file, patches[file]) for file in patches],
        copts = KIT_COPTS + ["-O2"],
        linkopts = KIT_LINKOPTS + ["-Wl,--strip-all"],
        deps = main + exercises + [
            "//lessons:08_seccomp_default",
            "//lessons:14_container_given",
            "//lessons/kit",
        ],
    )
    return ":%s/14_container" % folder, folder + "/14_container"
