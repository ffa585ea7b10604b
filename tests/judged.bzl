"""How a lesson is judged: the targets that judged_lesson() makes, and their rule.

For the lesson 06_cgroups there are

    //tests:06_cgroups            the learner's file, //lessons:06_cgroups (manual)
    //tests:06_cgroups_solution   //solutions:06_cgroups: everything is right
    //tests:06_cgroups_skeleton   an unwritten file stops at its first step
    //tests:06_cgroups_steps      the solution, written step by step: what is there
                                  is right, and all else waits for the next step
    //tests:06_cgroups_mutants    every wrong solution fails at the step it names
    //tests:06_cgroups_right      every right solution of another make is right

The last three judge many programs, one after another in the same machine. Building a
program is a target of its own: //tests:mutants/06_cgroups/NAME/06_cgroups.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//lessons:lesson.bzl", "CORE", "lesson_binary")
load("//bazel:cc.bzl", "KIT_COPTS", "KIT_LINKOPTS")
load("//bazel:judged_exercise.bzl", "BuildMessages")

# Circumstances and How are set by naming what is different from their defaults.
JUDGE_COPTS = KIT_COPTS + ["-Wno-missing-field-initializers", "-O1"]

# Each run carries the judge and its probe into its machine: without their names
# they are a third smaller.
JUDGE_LINKOPTS = KIT_LINKOPTS + ["-Wl,--strip-all"]

def _quote(text):
    return "'" + text.replace("'", "'\\''") + "'"

def _lab_script(ctx, lines, files):
    """What a test rule returns: a script of these lines, with the files and the lab."""
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(script, "\n".join(lines), is_executable = True)
    runfiles = ctx.runfiles(files = files)
    return [DefaultInfo(
        executable = script,
        runfiles = runfiles.merge(ctx.attr._lab[DefaultInfo].default_runfiles),
    )]

def _judged_test_impl(ctx):
    words = ["--program", ctx.executable.program.short_path]
    files = [ctx.executable.program]
    if BuildMessages in ctx.attr.program:
        messages = ctx.attr.program[BuildMessages].file
        words += ["--messages", messages.short_path]
        files.append(messages)
    if ctx.executable.judge:
        words += ["--judge", ctx.executable.judge.short_path]
        files.append(ctx.executable.judge)
    if ctx.executable.probe:
        words += ["--probe", ctx.executable.probe.short_path]
        files.append(ctx.executable.probe)
    if ctx.file.image:
        words += ["--image", ctx.file.image.short_path]
        files.append(ctx.file.image)
    for target, name in ctx.attr.files.items():
        words += ["--file", "%s=%s" % (name, target.files.to_list()[0].short_path)]
        files += target.files.to_list()
    if ctx.attr.expect_todo:
        words += ["--expect-todo", ctx.attr.expect_todo]
    if ctx.attr.expect_waiting:
        words += ["--expect-waiting", ctx.attr.expect_waiting]
    if ctx.attr.machines > 1:
        words += ["--guests", str(ctx.attr.machines)]
    if ctx.attr.deadline:
        words += ["--deadline", str(ctx.attr.deadline)]
    if ctx.attr.expect_no_points:
        words.append("--expect-no-points")
    for argument in ctx.attr.arguments:
        words += ["--argument", argument]
    options = " ".join([_quote(word) for word in words])

    # A wrong program says in its own words how it has to fail.
    lines = ["#!/bin/sh", "set -- %s \"$@\"" % options]
    if ctx.file.wrong:
        files.append(ctx.file.wrong)
        wrong = _quote(ctx.file.wrong.short_path)
        lines += [
            "field() { sed -n \"s#^\\(// \\)*$1: *##p\" %s | head -n 1; }" % wrong,
            "fails=$(field %s)" % _quote("Unguarded" if ctx.attr.unguarded else "Fails"),
            "says=$(field %s)" % _quote("Unguarded says" if ctx.attr.unguarded else "Says"),
            "if [ -z \"$fails\" ]; then echo \"it does not say how it fails\"; exit 2; fi",
            "if [ \"$fails\" != passes ]; then",
            "  set -- \"$@\" --expect-failure \"$fails\" --expect-text \"$says\"",
            "fi",
            "echo \"Mistake: $(field Mistake)\"",
        ]
    if ctx.attr.unguarded:
        lines.append("set -- \"$@\" --unguarded")

    # bazel test --test_filter='[06.2]'
    lines += [
        "if [ -n \"${TESTBRIDGE_TEST_ONLY:-}\" ]; then",
        "  set -- \"$@\" --filter \"$TESTBRIDGE_TEST_ONLY\"",
        "fi",
        "exec %s judge \"$@\"" % _quote(ctx.executable._lab.short_path),
        "",
    ]
    return _lab_script(ctx, lines, files)

# Judges `program` in a lab machine of its own.
judged_test = rule(
    implementation = _judged_test_impl,
    test = True,
    attrs = {
        "program": attr.label(executable = True, cfg = "target", mandatory = True),
        "judge": attr.label(executable = True, cfg = "target"),
        "probe": attr.label(executable = True, cfg = "target"),
        # A root file system that the machine gets, at /rootfs/NAME.
        "image": attr.label(allow_single_file = [".squashfs"]),
        "files": attr.label_keyed_string_dict(
            doc = "What else the machine gets: a file, and its name there, in /job.",
            allow_files = True,
        ),
        # The step at which the program has to stop, as not yet written.
        "expect_todo": attr.string(),
        # The step that is to be written next: all before it is right.
        "expect_waiting": attr.string(),
        # The program does nothing, and has to earn nothing.
        "expect_no_points": attr.bool(),
        "arguments": attr.string_list(doc = "The program's, with expect_todo."),
        # What made the program wrong: it says what has to happen.
        "wrong": attr.label(allow_single_file = [".patch", ".cc"]),
        # The positive control of an attack: nothing keeps root out of the judge.
        "unguarded": attr.bool(),
        "machines": attr.int(doc = "How many share the cases.", default = 1),
        "deadline": attr.int(doc = "Seconds after which the machine is stopped."),
        "_lab": attr.label(default = "//vm:lab", executable = True, cfg = "target"),
    },
)

# The machine's memory is a file that QEMU opens for writing and maps privately;
# in Bazel's sandbox it would be read-only.
_TAGS = ["no-sandbox"]

# A learner waits for this verdict, so two machines share the cases. The tests of
# the judges are many, and have one machine each.
_WAITED_FOR = 2

# So many machines judge the programs of a test, with two processors: some programs
# keep the judge waiting, which costs no processor's time.
_TOGETHER = 3

def _judged_programs_test_impl(ctx):
    entries = []
    files = [ctx.executable.judge, ctx.executable.probe]
    for target, entry in ctx.attr.programs.items():
        program = target[DefaultInfo].files_to_run.executable
        files.append(program)
        entries.append(dict(json.decode(entry), program = program.short_path))
    files += ctx.files.patches
    programs = ctx.actions.declare_file(ctx.label.name + ".json")
    ctx.actions.write(programs, json.encode(entries))

    words = ["--judge", ctx.executable.judge.short_path]
    words += ["--probe", ctx.executable.probe.short_path]
    words += ["--list", programs.short_path]
    words += ["--guests", str(ctx.attr.machines)]

    # bazel test --test_filter=NAME
    lines = [
        "#!/bin/sh",
        "exec %s judge-many %s --filter \"${TESTBRIDGE_TEST_ONLY:-}\"" % (
            _quote(ctx.executable._lab.short_path),
            " ".join([_quote(word) for word in words]),
        ),
        "",
    ]
    return _lab_script(ctx, lines, files + [programs])

# Judges many programs, one after another in the same machine, as long as each
# leaves that as it was: vm/launcher/judge_many.h.
judged_programs_test = rule(
    implementation = _judged_programs_test_impl,
    test = True,
    attrs = {
        "programs": attr.label_keyed_string_dict(
            doc = "Each with what judge_many.h wants to know of it, as JSON.",
            mandatory = True,
        ),
        "patches": attr.label_list(
            doc = "Those that are named there.",
            allow_files = [".patch"],
        ),
        "judge": attr.label(executable = True, cfg = "target", mandatory = True),
        "probe": attr.label(executable = True, cfg = "target", mandatory = True),
        "machines": attr.int(doc = "At the same time.", default = 1),
        "_lab": attr.label(default = "//vm:lab", executable = True, cfg = "target"),
    },
)

def _judged(name, machines = 1, tags = [], **kwargs):
    judged_test(
        name = name,
        size = "medium",
        machines = machines,
        probe = "//tests/probe",
        # What Bazel leaves free for it.
        tags = _TAGS + ["cpu:%d" % machines] + tags,
        **kwargs
    )

def _judge_binary(name, deps = []):
    """The judge made of NAME/*.cc, cases in *_test.cc. Returns its name."""
    cc_binary(
        name = name + "_judge",
        # What takes longest comes last: a wrong solution that fails before does
        # not get there.
        srcs = native.glob(
                   [name + "/*.cc"],
                   allow_empty = False,
                   exclude = [name + "/every_call_test.cc"],
               ) +
               native.glob([name + "/every_call_test.cc"], allow_empty = True) +
               native.glob([name + "/*.h"], allow_empty = True),
        copts = JUDGE_COPTS,
        linkopts = JUDGE_LINKOPTS,
        deps = [
            "//tests/judge",
            "//tests/judge:given",
        ] + deps,
    )
    return name + "_judge"

def _program(folder, lesson, exercise, srcs, cmd, uses = [], deps = []):
    """The program of `lesson` with an exercise that `cmd` makes of `srcs`.

    Returns the program's label.
    """
    source = "%s/%s.cc" % (folder, exercise)
    native.genrule(
        name = folder + "/source",
        srcs = srcs,
        outs = [source],
        cmd = cmd,
        tags = ["manual"],
    )
    lesson_binary(
        # Named like the lesson, for the program's name is part of its messages.
        name = "%s/%s" % (folder, lesson),
        exercise_src = source,
        lesson = lesson,
        uses = uses,
        deps = deps,
        tags = ["manual"],
    )
    return ":%s/%s" % (folder, lesson)

def _changed_solution(folder, lesson, exercise, uses, srcs, cmd):
    """The program of `lesson`, its exercise being the solution, changed by `cmd`.

    Returns the program's label.
    """
    solution = "//solutions:%s/%s.cc" % (lesson, exercise)
    return _program(
        folder = folder,
        lesson = lesson,
        exercise = exercise,
        uses = uses,
        srcs = [solution] + srcs,
        cmd = cmd.replace("$(SOLUTION)", "$(location %s)" % solution),
    )

def _judged_programs(name, judge, programs, patches = []):
    """A test that judges `programs`, a dictionary: label, what is to be known."""
    judged_programs_test(
        name = name,
        size = "large",
        timeout = "eternal",  # A busy machine has been seen to need six minutes.
        judge = judge,
        machines = _TOGETHER,
        patches = patches,
        probe = "//tests/probe",
        programs = {label: json.encode(about) for label, about in programs.items()},
        tags = _TAGS + ["cpu:2"],
    )

def _written_until(step, lesson, exercise, uses):
    """The solution up to step number `step`. Returns the program's label."""
    contract = "//lessons:%s/%s.h" % (lesson, exercise)
    return _changed_solution(
        # The last part is the lesson's: kit::Todo takes the chapter's name from it.
        folder = "steps/until_%d/%s" % (step, lesson),
        lesson = lesson,
        exercise = exercise,
        uses = uses,
        srcs = [contract, "written_until.py"],
        cmd = "python3 $(location written_until.py) $(location %s) $(SOLUTION) %s.%d > $@" %
              (contract, lesson[:2], step),
    )

def _name_of(patch):
    return patch.split("/")[-1][:-len(".patch")]

def _patched(lesson, exercise, patch, uses):
    """The solution with `patch` applied. Returns the program's label."""
    return _changed_solution(
        folder = patch[:-len(".patch")],
        lesson = lesson,
        exercise = exercise,
        uses = uses,
        srcs = [patch],
        # --fuzz=0: a patch that no longer fits is to be noticed, not bent.
        cmd = "cp $(SOLUTION) $@ && chmod u+w $@ && " +
              "patch --quiet --fuzz=0 --no-backup-if-mismatch $@ $(location %s)" % patch,
    )

def _judged_patches(name, kind, judge, patches, lesson, exercise, uses):
    """A test that judges solutions with patches, all of them "wrong" or "right"."""
    _judged_programs(
        name = name,
        judge = judge,
        patches = patches,
        programs = {
            _patched(lesson, exercise, patch, uses): {
                "name": _name_of(patch),
                kind: "%s/%s" % (native.package_name(), patch),
            }
            for patch in patches
        },
    )

def judged_lesson(name, exercise, steps, uses = [], arguments = [], judge_deps = []):
    """Makes the targets that judge a lesson.

    Args:
      name: the lesson, "06_cgroups". NAME/*_test.cc have its cases,
        mutants/NAME/*.patch its wrong solutions, and right/NAME/*.patch right ones
        of another make.
      exercise: the file that the learner writes, without ".cc".
      steps: how many steps it has.
      uses: the lessons whose steps this one calls, as in lessons/BUILD.
      arguments: what the program needs to get to its first step.
      judge_deps: what its cases need, besides the library of all judges.
    """
    judge = _judge_binary(name, judge_deps)
    _judged(
        name = name,
        judge = judge,
        machines = _WAITED_FOR,
        program = "//lessons:judged/" + name,
        tags = ["manual"],
    )
    _judged(
        name = name + "_solution",
        judge = judge,
        machines = _WAITED_FOR,
        program = "//solutions:" + name,
    )
    judged_test(
        name = name + "_skeleton",
        size = "medium",
        arguments = arguments,
        expect_todo = name[:2] + ".1",
        program = "//lessons:" + name,
        tags = _TAGS,
    )
    _judged_programs(
        name = name + "_steps",
        judge = judge,
        programs = {
            _written_until(step, name, exercise, uses): {
                "name": "until_%d" % step,
                "waiting": "%s.%d" % (name[:2], step + 1),
            }
            for step in range(1, steps)
        },
    )
    for folder, kind in [("mutants", "wrong"), ("right", "right")]:
        patches = native.glob(["%s/%s/*.patch" % (folder, name)], allow_empty = True)
        if patches:
            _judged_patches("%s_%s" % (name, folder), kind, judge, patches, name, exercise, uses)

def judged_program(name, program, **kwargs):
    """A test that judges `program`, with the cases of NAME/*_test.cc. Manual."""
    _judged(
        name = name,
        judge = _judge_binary(name),
        program = program,
        tags = ["manual"],
        **kwargs
    )

def submission(name, srcs, deps = []):
    """What a learner could hand in for lesson 00: the sources, one after another.

    Returns the label of its program, ":programs/NAME/00_chroot".
    """
    return _program(
        folder = "programs/" + name,
        lesson = "00_chroot",
        exercise = "chroot",
        srcs = srcs,
        cmd = "cat $(SRCS) > $@",
        deps = deps,
    )

def hostile_submission(name, deadline, has_control):
    """A test that NAME.cc, as a submission for lesson 00, does harm only to itself.

    Args:
      name: of the file, without ".cc".
      deadline: seconds, after which its machine is stopped.
      has_control: make NAME_control, too: the same where nothing keeps root out of
        the judge. The file says what has to happen then ("Unguarded:").
    """
    program = submission(name, [name + ".cc", "the_rest.cc"], deps = [":tools"])
    for test in [name] + ([name + "_control"] if has_control else []):
        _judged(
            name = test,
            deadline = deadline,
            judge = "//tests:00_chroot_judge",
            program = program,
            unguarded = test != name,
            wrong = name + ".cc",
        )

# The lessons, and the files that learners write.
_EXERCISES = {
    "00_chroot": "chroot",
    "01_mount": "mount",
    "02_pid": "pid",
    "03_user": "user",
    "04_uts": "hostname",
    "05_net": "network",
    "06_cgroups": "cgroup",
    "07_caps": "capabilities",
    "08_seccomp": "filter",
    "14_container": "container",
}

def _ends_at_each_step(lesson, exercise):
    """The program of `lesson` in which each step is "_exit(0)". Returns its label."""
    skeleton = "//lessons:%s/%s.cc" % (lesson, exercise)
    return _program(
        folder = "ends_at_each_step/" + lesson,
        lesson = lesson,
        exercise = exercise,
        uses = CORE if lesson == "14_container" else [],
        srcs = [skeleton],
        cmd = "sed '1i #include <unistd.h>\n; s/throw kit::Todo(.*);/::_exit(0);/' $< >$@",
    )

def _idle_test(name, lesson, program):
    _judged(
        name = "%s_%s" % (name, lesson),
        expect_no_points = True,
        judge = "//tests:%s_judge" % lesson,
        program = program,
    )

def idle_programs(programs):
    """Tests that who does nothing earns nothing, whichever lesson it is handed in for.

    Args:
      programs: files of whole programs, without ".cc". Besides them, each lesson is
        tried with an exercise whose steps only end the process, with status 0.
    """
    for lesson, exercise in _EXERCISES.items():
        for program in programs:
            binary = "%s/%s" % (program, lesson)
            cc_binary(
                name = binary,
                srcs = [program + ".cc"],
                copts = KIT_COPTS,
                linkopts = KIT_LINKOPTS,
                tags = ["manual"],
            )
            _idle_test(program, lesson, binary)
        _idle_test("ends_at_each_step", lesson, _ends_at_each_step(lesson, exercise))
