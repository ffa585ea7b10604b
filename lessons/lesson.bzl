"""Lessons and their programs.

A lesson is a folder with a contract (a header), an exercise (the source file of
the same name), a program (main.cc) and, where that helps, a folder of given files:

    lessons/06_cgroups/cgroup.h     what each step promises
    lessons/06_cgroups/cgroup.cc    the exercise: the only file to edit
    lessons/06_cgroups/main.cc      the program, which calls the steps
    lessons/06_cgroups/given/       what the program needs and the lesson does not teach
    solutions/06_cgroups/cgroup.cc  the exercise, solved

A step is the body of one function of the exercise. There it is a comment that
begins with "// TODO(06.1): ", then `throw kit::Todo("06.1");`, and nothing else.
In the solution, it is the code. Outside of these bodies, the two files are the
same; a test compares them. lessons/README.md says this to learners.

    lesson()         //lessons:06_cgroups, the learner's program
    solution()       //solutions:06_cgroups, the same with the exercise solved
    lesson_binary()  the same with any other exercise file: tests use it
"""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library")
load("//bazel:cc.bzl", "KIT_COPTS", "KIT_LINKOPTS")
load("//bazel:checked_exercise.bzl", "checked_exercise")
load("//bazel:judged_exercise.bzl", "judged_exercise")

# The lessons whose steps lesson 14 calls.
CORE = [
    "00_chroot",
    "01_mount",
    "02_pid",
    "03_user",
    "04_uts",
    "05_net",
    "06_cgroups",
    "07_caps",
    "08_seccomp",
]

# A step that is not yet written does not use its parameters.
EXERCISE_COPTS = KIT_COPTS + ["-Wno-unused-parameter"]

# A learner's file is judged by what it does: warnings are shown, and no more. The
# course's own files have none.
LEARNERS_COPTS = ["-Wno-error"]

_PRELUDE = ["--include=lessons/kit/precompiled/prelude.h"]

def _exercise(name, lesson, src, copts = [], deps = [], **kwargs):
    cc_library(
        name = name,
        srcs = [src],
        copts = EXERCISE_COPTS + _PRELUDE + copts,
        # The given files call the steps, and the steps call them.
        alwayslink = True,
        deps = ["//lessons:%s_given" % lesson, "//lessons/kit:prelude"] + deps,
        **kwargs
    )

def _program(name, lesson, exercises, **kwargs):
    cc_binary(
        name = name,
        linkopts = KIT_LINKOPTS,
        deps = ["//lessons:%s_main" % lesson] + exercises,
        **kwargs
    )

def _solved(lessons):
    return ["//solutions:%s_exercise" % lesson for lesson in lessons]

def lesson(name, exercise, deps = [], main_deps = [], uses = []):
    """A lesson: the learner's program, and the parts that programs are made of.

    Args:
      name: the lesson's folder, like "06_cgroups".
      exercise: the name of the contract and of the exercise, like "cgroup".
      deps: libraries that the lesson needs.
      main_deps: what only its main.cc needs, since it is made of the lesson.
      uses: the lessons whose steps this one calls. For each of them,
        --//lessons:use_solutions says whether the learner's or the solution's.
    """
    exercise_src = "%s/%s.cc" % (name, exercise)
    main = name + "/main.cc"

    cc_library(
        name = name + "_given",
        srcs = native.glob([name + "/given/*.cc"]),
        hdrs = native.glob([name + "/*.h", name + "/given/*.h"]),
        copts = KIT_COPTS + ["-O2"],
        deps = ["//lessons/kit"] + deps + ["//lessons:%s_given" % used for used in uses],
    )
    cc_library(
        name = name + "_main",
        srcs = [main],
        copts = KIT_COPTS + ["-O2"],
        alwayslink = True,
        deps = [name + "_given"] + main_deps,
    )
    checked_exercise(
        name = name + "_checked",
        src = exercise_src,
        copts = EXERCISE_COPTS,
        deps = [name + "_given", "//lessons/kit:prelude"],
    )
    _exercise(
        name = name + "_exercise",
        lesson = name,
        src = exercise_src,
        copts = LEARNERS_COPTS,
        deps = [name + "_checked"],
    )
    for used in uses:
        _learners_or_solved(
            name = "%s_uses_%s" % (name, used),
            number = used.split("_")[0],
            learners = used + "_exercise",
            solved = "//solutions:%s_exercise" % used,
        )
    _program(
        name = name,
        lesson = name,
        exercises = [name + "_exercise"] + ["%s_uses_%s" % (name, used) for used in uses],
    )
    _judged(name, exercise_src, uses)

def _judged(name, exercise_src, uses):
    """The learner's program as //tests:NAME judges it: see judged_exercise.bzl."""
    native.filegroup(name = name + "_src", srcs = [exercise_src])
    for used in uses:
        _learners_or_solved_file(
            name = "%s_uses_%s_src" % (name, used),
            number = used.split("_")[0],
            learners = used + "_src",
            solved = "//solutions:%s_src" % used,
        )
    judged_exercise(
        # The program is called like the lesson.
        name = "judged/" + name,
        src = exercise_src,
        copts = EXERCISE_COPTS + _PRELUDE + LEARNERS_COPTS,
        linkopts = KIT_LINKOPTS,
        used = ["%s_uses_%s_src" % (name, used) for used in uses],
        deps = [name + "_main", name + "_given", "//lessons/kit:prelude"],
        tags = ["manual"],
    )

def solution(name, exercise, uses = []):
    """The solution of a lesson. The arguments are those of lesson()."""
    exercise_src = "%s/%s.cc" % (name, exercise)
    native.filegroup(name = name + "_src", srcs = [exercise_src])
    _exercise(name = name + "_exercise", lesson = name, src = exercise_src)
    _program(name = name, lesson = name, exercises = [name + "_exercise"] + _solved(uses))

def lesson_binary(name, lesson, exercise_src, uses = [], deps = [], **kwargs):
    """The program of `lesson` with `exercise_src` (a label) as its exercise.

    The lessons in `uses` are those of the solutions, and `deps` what this exercise
    needs besides.
    """
    _exercise(name = name + "_exercise", lesson = lesson, src = exercise_src, deps = deps, **kwargs)
    _program(name = name, lesson = lesson, exercises = [name + "_exercise"] + _solved(uses), **kwargs)

def experiment(name, src):
    """A small program of its own, that a chapter hands to the reader."""
    cc_binary(
        name = name,
        srcs = [src],
        copts = KIT_COPTS,
        linkopts = KIT_LINKOPTS,
        deps = ["//lessons/kit"],
    )

# ---- --//lessons:use_solutions=00,06 -----------------------------------------

_Numbers = provider(fields = ["numbers"])

def _use_solutions_impl(ctx):
    known = [lesson.split("_")[0] for lesson in CORE]
    for number in ctx.build_setting_value:
        if number not in known:
            fail("--//lessons:use_solutions=%s: \"%s\" is none of the lessons that others use: %s" %
                 (",".join(ctx.build_setting_value), number, ", ".join(known)))
    return [_Numbers(numbers = ctx.build_setting_value)]

use_solutions = rule(
    doc = "A build setting: the numbers of the lessons whose solutions are used.",
    implementation = _use_solutions_impl,
    build_setting = config.string_list(flag = True),
)

def _chosen(ctx):
    solved = ctx.attr.number in ctx.attr._use_solutions[_Numbers].numbers
    return ctx.attr.solved if solved else ctx.attr.learners

def _learners_or_solved_impl(ctx):
    return [_chosen(ctx)[CcInfo]]

def _learners_or_solved_file_impl(ctx):
    return [DefaultInfo(files = _chosen(ctx)[DefaultInfo].files)]

_CHOICE = {
    "learners": attr.label(mandatory = True),
    "number": attr.string(mandatory = True),
    "solved": attr.label(mandatory = True),
    "_use_solutions": attr.label(default = "//lessons:use_solutions"),
}

_learners_or_solved = rule(
    doc = "Stands for the learner's exercise of a lesson, or for the solution.",
    implementation = _learners_or_solved_impl,
    attrs = _CHOICE,
)

_learners_or_solved_file = rule(
    doc = "The same for the source file.",
    implementation = _learners_or_solved_file_impl,
    attrs = _CHOICE,
)
