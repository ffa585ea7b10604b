#include "vm/launcher/disks.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "lessons/kit/check.h"

namespace lab {

using kit::check;
using kit::UniqueFd;

UniqueFd anonymous_file(const char* name, std::int64_t size) {
  UniqueFd file{check(::memfd_create(name, MFD_CLOEXEC), "make file {}", name)};
  check(::ftruncate(file.get(), size), "set the size of file {}", name);
  return file;
}

Disks make_disks() {
  return {anonymous_file("scratch", kScratchBytes),
          anonymous_file("files", kFilesBytes),
          anonymous_file("image", kImageBytes)};
}

void put_files(const Disks& disks, Job& job, const std::string& archive) {
  if (archive.size() > static_cast<std::size_t>(kFilesBytes)) {
    throw std::runtime_error("the job's files do not fit into the lab machine");
  }
  for (std::size_t done = 0; done < archive.size();) {
    done += static_cast<std::size_t>(
        check(::pwrite(disks.files.get(), archive.data() + done,
                       archive.size() - done, static_cast<off_t>(done)),
              "write the job's files"));
  }
  job.files_bytes = archive.size();
}

void add_image(Disks& disks, Job& job, const std::string& file) {
  disks.image = UniqueFd{check(::open(file.c_str(), O_RDONLY | O_CLOEXEC),
                               "open the image {}", file)};
  job.image_name = std::filesystem::path(file).stem();
}

}  // namespace lab
