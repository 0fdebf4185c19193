#!/usr/bin/env python3
"""Run Tocsin from a checkout: prepare what it needs once, then be the `tocsin` command.

    python3 run.py demo        a working system with invented data (see README.md)
    python3 run.py test        every check this repository has; arguments go to pytest
    python3 run.py ANYTHING    the same as `tocsin ANYTHING`

Needs Python 3.11 or later and, the first time, pip or uv and their package index. Everything goes
into .venv beside this file; nothing else on the machine is touched, and no rights are needed.
Standard library only. This file must also be readable by an old Python, so that it can say so.
"""

import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
HOME = os.path.join(ROOT, ".venv")
BIN = os.path.join(HOME, "Scripts" if os.name == "nt" else "bin")
PYTHON = os.path.join(BIN, "python.exe" if os.name == "nt" else "python")
STAMP = os.path.join(HOME, "tocsin-installed")
LOCKS = ("requirements.txt", "requirements-dev.txt")
OLDEST = (3, 11)


def say(en, vi):
    """Say one line on stderr, in Vietnamese where the terminal's language is Vietnamese."""
    language = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    text = vi if language.lower().startswith("vi") else en
    sys.stderr.write("tocsin: " + text + "\n")
    sys.stderr.flush()


def fail(en, vi):
    """Say why it cannot go on, and end."""
    say(en, vi)
    raise SystemExit(1)


def become(command):
    """Replace this process, so that signals and exit codes are those of Tocsin itself."""
    if os.name == "nt":  # there, exec returns to the shell at once
        import subprocess

        raise SystemExit(subprocess.call(command))
    os.execv(command[0], command)


def find_new_python():
    """Go on in a newer Python if this one is too old and there is one, else say what to install."""
    import shutil

    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which("python3.%d" % minor)
        if found:
            become([found, os.path.join(ROOT, "run.py")] + sys.argv[1:])
    have = "%d.%d" % sys.version_info[:2]
    fail(
        "needs Python 3.11 or later, this is "
        + have
        + ". Install one, or: pip3 install --user uv && uv run --no-project"
        " --python 3.11 run.py demo",
        "cần Python 3.11 trở lên, máy này có " + have + ". Hãy cài bản mới, hoặc: pip3 install --user uv && uv run"
        " --no-project --python 3.11 run.py demo",
    )


def wanted_stamp():
    """Tell what an up-to-date installation was made from: both locks, this place, and the Python that .venv leads to."""
    import hashlib

    digest = hashlib.sha256(repr((ROOT, os.path.realpath(PYTHON))).encode())
    for name in LOCKS:
        with open(os.path.join(ROOT, name), "rb") as lock:
            digest.update(lock.read())
    return digest.hexdigest()


def prepare(for_work):
    """Install what is locked unless that was done before; `for_work` takes the tools of a developer too."""
    try:
        with open(STAMP, encoding="ascii") as stamp:
            have = stamp.read().split()
    except OSError:
        have = []
    if have[:1] == [wanted_stamp()] and os.path.exists(PYTHON) and (not for_work or "work" in have):
        return
    for_work = for_work or "work" in have
    say(
        "the first start installs what is needed into .venv; this takes a minute …",
        "lần chạy đầu sẽ cài những gì cần vào .venv, mất khoảng một phút …",
    )
    make_environment()
    install(os.path.join(ROOT, LOCKS[1 if for_work else 0]))
    make_command()
    with open(STAMP, "w", encoding="ascii") as stamp:
        stamp.write(wanted_stamp() + (" work" if for_work else "") + "\n")


def make_environment():
    """Make .venv; one that is there is kept while it works, whichever Python made it."""
    import shutil
    import subprocess

    works = "import os, sys, sysconfig; sys.exit(sys.version_info < (3, 11) or not os.path.isdir(sysconfig.get_path('purelib')))"
    try:
        if subprocess.call([PYTHON, "-c", works], stderr=subprocess.DEVNULL) == 0:
            return
    except OSError:
        pass
    shutil.rmtree(HOME, ignore_errors=True)
    try:
        try:
            import venv
        except ImportError:  # some systems take the module out; what it would make is a link and a line
            link_environment()
        else:
            # Without pip: Debian takes ensurepip out of python3, and the pip outside serves as well.
            venv.EnvBuilder(symlinks=os.name != "nt").create(HOME)
    except OSError as error:
        fail("cannot make .venv: %s" % error, "không tạo được .venv: %s" % error)


def link_environment():
    """Make .venv as PEP 405 describes it, without the module that usually does."""
    import sysconfig

    os.makedirs(BIN)
    os.symlink(os.path.realpath(sys.executable), PYTHON)
    os.symlink("python", PYTHON + "3")
    paths = {"base": HOME, "platbase": HOME, "installed_base": HOME, "installed_platbase": HOME}
    os.makedirs(sysconfig.get_path("purelib", "venv", paths))
    with open(os.path.join(HOME, "pyvenv.cfg"), "w", encoding="utf-8") as settings:
        settings.write("home = %s\n" % os.path.dirname(os.path.realpath(sys.executable)))
        settings.write("include-system-site-packages = false\nversion = %d.%d.%d\n" % sys.version_info[:3])


def install(lock):
    """Install a lock into .venv, every file checked against its hash: with uv, else pip, else a fresh pip."""
    import shutil
    import subprocess

    options = ["--require-hashes", "--no-deps", "-r", lock]
    environment = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_REQUIRE_VIRTUALENV="0")
    uv = shutil.which("uv")
    if uv:
        # uv reads none of pip's settings; who told pip where packages come from meant every installer.
        for ours, theirs in (
            ("UV_DEFAULT_INDEX", "PIP_INDEX_URL"),
            ("UV_INDEX", "PIP_EXTRA_INDEX_URL"),
            ("SSL_CERT_FILE", "PIP_CERT"),
        ):
            if os.environ.get(theirs):
                environment.setdefault(ours, os.environ[theirs])
        if subprocess.call([uv, "pip", "install", "--quiet", "--python", PYTHON] + options, env=environment) == 0:
            return
    outside = [sys.executable, "-m", "pip", "--python", PYTHON]
    inside = [PYTHON, "-m", "pip"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if subprocess.call(outside + ["--version"], **quiet) == 0:  # pip 22.3 or later
        pip = outside
    elif subprocess.call([PYTHON, "-m", "ensurepip", "--default-pip"], **quiet) == 0:
        pip = inside
    else:
        fail(
            "needs pip 22.3 or later, or uv, to install its packages (Debian: apt install python3-pip)",
            "cần pip 22.3 trở lên, hoặc uv, để cài các gói (Debian: apt install python3-pip)",
        )
    if subprocess.call(pip + ["install", "--quiet"] + options, env=environment) != 0:
        fail(
            "the packages could not be installed; what pip said is above. Start again to go on from there",
            "không cài được các gói; pip báo lý do ở trên. Chạy lại để tiếp tục",
        )


def make_command():
    """Put `src` on the path of .venv and the command beside its Python: what an editable install would do, offline."""
    import subprocess

    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.check_output([PYTHON, "-c", ask], text=True).strip()
    with open(os.path.join(packages, "tocsin-checkout.pth"), "w", encoding="utf-8") as path:
        path.write(os.path.join(ROOT, "src") + "\n")
    command = os.path.join(BIN, "tocsin")
    with open(command, "w", encoding="utf-8") as script:
        script.write("#!" + PYTHON + "\nimport sys\n\nfrom tocsin.project.cli import main\n\nsys.exit(main())\n")
    os.chmod(command, 0o755)


def main():
    if sys.version_info < OLDEST:
        find_new_python()
    testing = sys.argv[1:2] == ["test"]
    prepare(for_work=testing)
    if testing:
        become([PYTHON, os.path.join(ROOT, "tools", "check.py")] + sys.argv[2:])
    become([PYTHON, os.path.join(BIN, "tocsin")] + sys.argv[1:])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130)
