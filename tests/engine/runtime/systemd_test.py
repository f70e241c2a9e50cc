#!/usr/bin/env python3
"""The unit under a real systemd, booted in namespaces over a throw-away copy of this machine's file system.

usage: systemd_test.py BUILD     exit code 77: systemd cannot be booted here, and why
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SYSTEMD = "/lib/systemd/systemd"
NAMESPACES = ["--mount", "--pid", "--fork", "--uts", "--ipc", "--net", "--cgroup", "--kill-child"]

# Runs in the namespaces: a root file system whose changes are in memory, without the units of this machine.
ROOT = r"""
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$WORK/memory"
mkdir "$WORK"/memory/{upper,work,root}
R=$WORK/memory/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$WORK/memory/upper,workdir=$WORK/memory/work" "$R"
mount -t proc proc "$R/proc"
mount -t sysfs -o ro sysfs "$R/sys"
mount -t tmpfs tmpfs "$R/sys/fs/cgroup"
mount -t cgroup2 none "$R/sys/fs/cgroup"
for folder in run tmp dev; do mount -t tmpfs tmpfs "$R/$folder"; done
mkdir -p "$R"/dev/{pts,shm,mqueue,hugepages} "$R/run/lock" "$R/host"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$R/dev/pts"
mount -t tmpfs tmpfs "$R/dev/shm"
mount -t mqueue mqueue "$R/dev/mqueue"
ln -s pts/ptmx "$R/dev/ptmx"
ln -s /proc/self/fd "$R/dev/fd"
for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 console:1:3; do
  IFS=: read -r name major minor <<<"$device"
  mknod -m 666 "$R/dev/$name" c "$major" "$minor"
done
mount --bind "$R/proc/sys" "$R/proc/sys"
mount -o remount,ro,bind "$R/proc/sys"
mount --bind "$WORK/host" "$R/host"
rm -rf "$R"/etc/systemd/system/*.wants "$R/etc/systemd/system/default.target"
cp -r "$WORK/installed/." "$R/"
cp "$WORK"/units/* "$R/etc/systemd/system/"
mkdir -p "$R/etc/millrace/secrets"
cp "$WORK"/millrace/* "$R/etc/millrace/"
echo sesame-sesame-sesame >"$R/etc/millrace/secrets/tokens"
chmod 700 "$R/etc/millrace/secrets"
mkdir "$R/old"
cd "$R"
pivot_root . old
umount -l /old
mount --make-rshared /
exec env -i container=test PATH=/usr/bin:/bin:/usr/sbin:/sbin /lib/systemd/systemd --system --log-target=null --show-status=0
"""

TARGET = """[Unit]
Requires=systemd-journald.service dbus.socket
Wants=try.service
After=systemd-journald.service dbus.socket
AllowIsolate=yes
"""
TRY = """[Unit]
DefaultDependencies=no
After=systemd-journald.service dbus.socket
[Service]
Type=oneshot
ExecStart=/bin/bash /etc/systemd/system/try.sh
StandardOutput=truncate:/host/out
StandardError=inherit
"""

# What is looked at, a line each: NAME VALUE.
STEPS = r"""
show() { systemctl show -P "$1" millrace; }
wait_for() { for _ in {1..200}; do [[ $(show "$1") == "$2" ]] && return; sleep 0.1; done; }
mkdir -p /etc/systemd/system/millrace.service.d
printf '[Service]\nWatchdogSec=2s\nLoadCredential=tokens:/etc/millrace/secrets/tokens\n' >/etc/systemd/system/millrace.service.d/test.conf
systemctl daemon-reload
echo booted yes
systemctl start millrace; echo "start $?"
wait_for StatusText "ready: 1 worker of 1 pipeline" # READY=1 does not wait for it
echo "status $(show StatusText)"
echo "user $(ps -o user= -p "$(show MainPID)")"
post() { curl -s -o /dev/null -w '%{http_code}' "$@" http://127.0.0.1:8080/events -d '{"n":1}'; }
echo "stranger $(post)"
echo "friend $(post -H 'Authorization: Bearer sesame-sesame-sesame')"
echo "state $(stat -c '%a %U' /var/lib/private/millrace)"
sed -i 's/# more/topic "more" { event e }/' /etc/millrace/main.rules
systemctl reload millrace; echo "reload $?"
echo nonsense >>/etc/millrace/main.rules
systemctl reload millrace; echo "refused $?"
echo "afterwards $(show ActiveState)"
echo "journal $(journalctl -u millrace -o cat | grep -c 'main.rules:[0-9]*:1: `nonsense`')"
sed -i /^nonsense/d /etc/millrace/main.rules
kill -KILL "$(show MainPID)"; wait_for NRestarts 1; wait_for ActiveState active
echo "killed $(show NRestarts) $(show ActiveState)"
kill -STOP "$(show MainPID)"; wait_for NRestarts 2; wait_for ActiveState active
echo "stuck $(show NRestarts) $(show ActiveState)"
systemctl stop millrace
echo "stop $(show Result) $(show ExecMainStatus) $(show ActiveState)"
sed -i s/listen/lisen/ /etc/millrace/millrace.toml
systemctl start millrace
echo "misspelt $(show ExecMainStatus) $(show NRestarts) $(show ActiveState)"
echo end yes
systemctl poweroff --force --force
"""

CONFIGURATION = """[engine]
admin = "127.0.0.1:8686"
[pipeline.p]
source.http  = { listen = "127.0.0.1:8080", tokens = "${file:/run/credentials/millrace.service/tokens}" }
router.rules = { file = "main.rules", run = "r" }
sink.null    = {}
"""
RULES = """edition 1
event e { n: int }
topic "out" { event e }
topic "dead" { }
# more
router r for e { match first dead_letter "dead" otherwise to topic "out" }
"""

WANTED = {"start": "0", "status": "ready: 1 worker of 1 pipeline", "user": "millrace", "stranger": "401", "friend": "200",
          "state": "700 millrace", "reload": "0", "refused": "1", "afterwards": "active", "killed": "1 active",
          "stuck": "2 active", "stop": "success 0 inactive", "misspelt": "3 0 failed"}


def why_not():
    if os.geteuid() != 0:
        return "only root can boot systemd in namespaces"
    if not os.path.exists(SYSTEMD) or not all(shutil.which(tool) for tool in ("systemctl", "curl", "unshare")):
        return "systemd, curl or unshare is not installed"
    tried = subprocess.run(["unshare", *NAMESPACES, "true"], capture_output=True, text=True)
    return tried.stderr.strip()


def boot(work, folder):
    """What the steps said; nothing where systemd did not come up."""
    cgroup = next((root / f"millrace-test-{os.getpid()}" for root in map(pathlib.Path, ("/sys/fs/cgroup/unified", "/sys/fs/cgroup"))
                   if (root / "cgroup.procs").exists()), None)
    if cgroup is None:
        return "", "there is no cgroup2"
    cgroup.mkdir()
    try:
        begin = f'echo $$ >{cgroup}/cgroup.procs && exec unshare {" ".join(NAMESPACES)} bash {work}/root.sh'
        engine = subprocess.Popen(["bash", "-c", begin], env=os.environ | {"WORK": str(work)}, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True, start_new_session=True)
        try:
            said = engine.communicate(timeout=90)[1]
        except subprocess.TimeoutExpired:
            engine.kill() # and with it, by --kill-child, all of its processes
            said = engine.communicate()[1]
    finally:
        for path in sorted(cgroup.glob("**/"), reverse=True):
            try:
                path.rmdir()
            except OSError: # a process on its way out; an empty group is all that stays
                pass
    out = folder / "out"
    return (out.read_text() if out.exists() else ""), said


def main(build):
    if reason := why_not():
        print(f"skipped: {reason}")
        return 77
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        for folder in ("memory", "host", "units", "millrace"):
            (work / folder).mkdir()
        subprocess.run(["cmake", "--install", build, "--prefix", "/usr/local"], env=os.environ | {"DESTDIR": f"{work}/installed"},
                       check=True, capture_output=True)
        for file, text in (("root.sh", ROOT), ("units/default.target", TARGET), ("units/try.service", TRY), ("units/try.sh", STEPS),
                           ("millrace/millrace.toml", CONFIGURATION), ("millrace/main.rules", RULES)):
            (work / file).write_text(text)
        out, said = boot(work, work / "host")
    if "booted yes" not in out:
        print(f"skipped: systemd does not boot in namespaces here: {said.strip()[-500:] or 'it said nothing'}")
        return 77
    found = dict(line.split(" ", 1) for line in out.splitlines() if re.match(r"[a-z]+ ", line))
    wrong = [f"{key}: '{found.get(key)}', not '{value}'" for key, value in WANTED.items() if found.get(key) != value]
    if int(found.get("journal", "0")) == 0:
        wrong.append("the journal has no word of the refused rules")
    print("\n".join([*wrong, out] if wrong else ["as it should be"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
