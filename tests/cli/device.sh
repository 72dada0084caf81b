# SPDX-License-Identifier: MIT
# What info says about a block device, against lsblk, and that it only reads.
fail() { echo "FAIL: $*" >&2; exit 1; }
for tool in losetup cryptsetup lsblk jq sha256sum; do
	command -v $tool >/dev/null || { echo "SKIP: no $tool" >&2; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "SKIP: not root" >&2; exit 77; }
[ -d /sys/dev/block ] || { echo "SKIP: no sysfs here" >&2; exit 77; }

esc=$(printf '\033')
name="disk${esc}[31m.img"
truncate -s 24M "$name" || exit 1
echo secret > key
cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$name" key ||
	{ echo "SKIP: cryptsetup does not work here" >&2; exit 77; }
sha256sum "$name" > before
loop=$(losetup -r -f --show "$name" 2>/dev/null) || { echo "SKIP: no loop devices here" >&2; exit 77; }
trap 'losetup -d "$loop"' EXIT
trap 'exit 1' HUP INT TERM

kanshiki info -q "$loop" > text
[ $? = 3 ] || fail "encryption is a finding: exit code"
grep -q '^attached by  *loop$' text || fail "bus: $(cat text)"
grep -q '^HPA  *unknown: no commands can be sent to it$' text || fail "HPA: $(cat text)"
grep -q '^ENCRYPTION  *luks2 .*25165824 bytes$' text || fail "encryption: $(cat text)"
grep -q '^BEFORE REMOVAL  *consider a live acquisition' text || fail "advice: $(cat text)"
grep -q '^backing file .*disk\\x1b\[31m\.img' text || fail "backing file: $(cat text)"
grep -q "$esc" text && fail "an escape character got through"
device=$(grep -n '^device ' text | cut -d: -f1)
container=$(grep -n '^container ' text | cut -d: -f1)
[ "$device" -lt "$container" ] || fail "the device does not come first"

kanshiki info -q --format json "$loop" > json
jq -e '.device.encryption[0].type == "luks2" and .device.before_unplugging != null' json > out ||
	fail "JSON: $(cat json)"
jq -e '.device | . as $d | .unknown | keys | all($d[.] == null)' json > out ||
	fail "a reason for what is known: $(cat json)"
jq -e '.device | .mounted == [] and .read_only == true and .unlocked == false' json > out ||
	fail "JSON: $(cat json)"
lsblk -J -b -o SIZE,LOG-SEC,PHY-SEC,ROTA,RM,RO "$loop" | jq -c '.blockdevices[0] |
	[.size, ."log-sec", ."phy-sec", .rota, .rm, .ro]' > want
jq -c '.device | [.size, .logical_sector_size, .physical_sector_size, .rotational, .removable,
	.read_only]' json > have
cmp want have || fail "lsblk: $(cat want), we: $(cat have)"

sha256sum "$name" | cmp - before || fail "the device was changed"
if command -v strace >/dev/null && strace -o probe true 2>/dev/null; then
	strace -f -qq -e trace=open,openat,openat2 -o trace kanshiki info -q "$loop" > out
	grep -F "\"$loop\"" trace > opened || fail "the device was never opened"
	grep -E 'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC' opened && fail "opened for writing"
fi

kanshiki info -q --format json "$name" | jq -e '.device == null' > out ||
	fail "a file is taken for a device"
exit 0
