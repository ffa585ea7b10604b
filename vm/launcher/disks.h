// A guest's disks: files in memory without a name, gone when the guest is.

#pragma once

#include <cstdint>
#include <string>

#include "lessons/kit/unique_fd.h"
#include "vm/protocol.h"

namespace lab {

struct Disks {
  kit::UniqueFd scratch;
  kit::UniqueFd files;
  kit::UniqueFd image;
};

// Empty, sparse disks of the sizes that the guest knows.
// Throws SystemError if there is no memory for them.
Disks make_disks();

// Writes the archive with a job's files to their disk, and its size to the job.
// Throws std::runtime_error if they do not fit.
void put_files(const Disks& disks, Job& job, const std::string& archive);

// Gives the guest the image `file` (squashfs) as a disk. The job finds the root
// file system that is in it at /rootfs/NAME, named like the file without its
// ending.
// Throws SystemError if it cannot be opened.
void add_image(Disks& disks, Job& job, const std::string& file);

// A file in memory without a name, of this size.
kit::UniqueFd anonymous_file(const char* name, std::int64_t size);

}  // namespace lab
