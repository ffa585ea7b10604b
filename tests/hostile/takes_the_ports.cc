// Mistake: it takes the ports from the agent, and speaks for it
// Fails: machine
// Says: forged|no result after|more events

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/hostile/tools.h"

// The kernel lets a port be opened once, and forgets who has when it gets the
// device anew.
void renew_ports() {
  const std::string driver = "/sys/bus/virtio/drivers/virtio_console/";
  for (const auto& entry : std::filesystem::directory_iterator(driver)) {
    const auto device = entry.path().filename().string();
    if (!device.starts_with("virtio")) continue;
    (void)hostile::write_to(driver + "unbind", device);
    (void)hostile::write_to(driver + "bind", device);
    return;
  }
}

void attack(const std::string&) {
  renew_ports();
  const auto story = hostile::made_up_story();
  for (int times = 0; times < 50; ++times) {
    for (int device = 0; device < 4; ++device) {
      (void)hostile::write_to(fmt::format("/dev/vport{}p5", device), story);
      (void)hostile::write_to(
          fmt::format("/dev/vport{}p1", device),
          fmt::format("{{\"say\":\"exit\",\"status\":0,\"output\":0,"
                      "\"errors\":0,\"events\":{}}}\n",
                      story.size()));
    }
    ::usleep(10'000);
  }
}
