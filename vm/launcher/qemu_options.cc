#include "vm/launcher/qemu_options.h"

#include <fmt/format.h>

namespace lab {
namespace {

using kit::UniqueFd;

constexpr char kQemu[] = "qemu-system-x86_64";
constexpr int kMemoryMiB = 512;
constexpr char kMemoryId[] = "ram";

// console: the log. panic: reset at once, which -no-reboot turns into an end.
// cgroup_no_v1: cgroup v2 alone. lsm: with AppArmor, and with what guards a
// judge (agent/guard.h), whatever the distribution has chosen. The rest saves
// time: a console without chatter, no calibration loops under emulation, the
// same addresses for each start of a program, and memory that is freed without
// waiting (docs/decisions/0008-programs-load-at-the-same-address.md and 0010).
constexpr char kKernelOptions[] =
    "console=ttyS0 quiet loglevel=4 panic=-1 cgroup_no_v1=all apparmor=1 "
    "lsm=lockdown,landlock,yama,apparmor,bpf random.trust_cpu=on tsc=reliable "
    "no_timer_check "
    "norandmaps rcupdate.rcu_expedited=1";

// A descriptor that QEMU inherits, named so that QEMU can open it.
std::string inherited(const UniqueFd& fd) {
  return fmt::format("/proc/self/fd/{}", fd.get());
}

class CommandLine {
 public:
  template <typename... Words>
  void add(const Words&... words) {
    (words_.push_back(words), ...);
  }

  void add_socket(const std::string& id, const UniqueFd& socket) {
    add("-chardev", fmt::format("socket,id={},fd={}", id, socket.get()));
  }

  void add_disk(const std::string& id, const UniqueFd& file, bool read_only) {
    add("-blockdev",
        fmt::format("driver=raw,node-name={},read-only={},file.driver=file,"
                    "file.locking=off,file.filename={}",
                    id, read_only ? "on" : "off", inherited(file)));
    add("-device", fmt::format("virtio-blk-pci,drive={}", id));
  }

  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }

 private:
  std::vector<std::string> words_;
};

void add_processors_and_memory(CommandLine& line, const Hardware& hardware) {
  const bool kvm = hardware.accelerator == "kvm";
  line.add("-smp", "2", "-m", std::to_string(kMemoryMiB));
  line.add("-M", fmt::format("q35,memory-backend={}", kMemoryId));
  // One thread for both processors:
  // docs/decisions/0006-emulated-processors-take-turns.md.
  line.add("-accel", kvm ? "kvm" : "tcg,thread=single");
  // What makes a real processor faster makes an emulated one slower. erms:
  // Linux would copy byte by byte. la57: page tables would have five levels,
  // and each miss of the emulated TLB walks all of them. smap: each copy
  // between user and kernel would switch it off and on, which ends a block of
  // translated code.
  line.add("-cpu", kvm ? "host" : "max,erms=off,la57=off,smap=off");
  // The memory is a file, mapped privately when a snapshot is restored: pages
  // are read when they are first touched, and changes go nowhere.
  line.add("-object", hardware.memory.empty()
                          ? fmt::format("memory-backend-ram,id={},size={}M",
                                        kMemoryId, kMemoryMiB)
                          : fmt::format("memory-backend-file,id={},size={}M,"
                                        "mem-path={},share={}",
                                        kMemoryId, kMemoryMiB, hardware.memory,
                                        hardware.keep_memory ? "on" : "off"));
}

}  // namespace

std::vector<std::string> qemu_options(const Hardware& hardware,
                                      const Disks& disks,
                                      const Connections& connections,
                                      bool incoming) {
  CommandLine line;
  line.add(kQemu, "-nodefaults", "-no-user-config", "-no-reboot");
  line.add("-display", "none");
  add_processors_and_memory(line, hardware);
  line.add("-kernel", hardware.kernel, "-initrd", hardware.initramfs);
  line.add("-append", kKernelOptions);
  line.add("-chardev", fmt::format("file,id=console,path={}",
                                   inherited(connections.console)));
  line.add("-serial", "chardev:console");

  // The first virtio device: the guest calls its ports /dev/vport0p1 and so on.
  line.add("-device", "virtio-serial-pci");
  line.add_disk("scratch", disks.scratch, /*read_only=*/false);
  line.add_disk("files", disks.files, /*read_only=*/true);
  line.add_disk("image", disks.image, /*read_only=*/true);
  for (std::size_t port = 0; port < kPortCount; ++port) {
    line.add_socket(kPortNames[port], connections.ports[port]);
    line.add("-device",
             fmt::format("virtserialport,chardev={0},name={0},nr={1}",
                         kPortNames[port], port + 1));
  }
  line.add_socket("monitor", connections.monitor);
  line.add("-mon", "chardev=monitor,mode=control");
  if (incoming) line.add("-incoming", "defer");
  return line.words();
}

}  // namespace lab
