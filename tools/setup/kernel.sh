# The lab's kernel: the distribution's own for virtual machines, unpacked into the
# cache with the modules that the lab needs. For ./setup, which sets $cache.
#
#   $cache/kernel/vmlinuz              the kernel
#   $cache/kernel/modules/NAME.ko      the modules, not compressed
#   $cache/kernel/modules/load-order   their file names, each after what it depends on
#   $cache/kernel/release              what this is:
#                                        6.1.0-56-cloud-amd64
#                                        package linux-image-6.1.0-56-cloud-amd64 6.1.192-2
#                                        recipe  (digest of the lists of modules below)
#                                        content (digest of all other files)
#
# shellcheck shell=bash

kernel=$cache/kernel

# Modules of the lab machine. What they depend on comes along. One that is built
# into the kernel counts as there.
required_modules=(
  virtio_pci virtio_console virtio_blk virtio_rng   # the machine's devices
  overlay squashfs loop                             # file systems
  zram lzo_rle                                      # swap
  veth bridge                                       # container networks
  nf_tables nf_conntrack nf_nat                     # publishing ports
  nft_chain_nat nft_masq nft_nat nft_redir nft_ct
)
optional_modules=(
  crc32c_generic  # what libcrc32c, below nf_conntrack, asks for when it starts
  nft_compat nft_fib_ipv4 nft_fib_inet
  dummy tun macvlan ipvlan erofs fuse bfq
)

# --- What is in the cache -----------------------------------------------------

recipe_digest() {
  sha256sum <<<"1 ${required_modules[*]} / ${optional_modules[*]}" | cut -d' ' -f1
}

# content_digest DIR: of everything in the kernel's directory except `release`.
content_digest() {
  (cd "$1" && find vmlinuz modules -type f -print0 | LC_ALL=C sort -z |
    xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

release_field() { sed -n "s/^$1 //p" "$kernel/release" 2>/dev/null; }

# kernel_state: here, missing, broken, or outdated (made for other modules).
kernel_state() {
  if [[ ! -e $kernel/release ]]; then
    say missing
  elif [[ $(release_field content) != "$(content_digest "$kernel" 2>/dev/null)" ]]; then
    say broken
  elif [[ $(release_field recipe) != "$(recipe_digest)" ]]; then
    say outdated
  else
    say here
  fi
}

# newer_kernel_packaged: has the distribution another one than the cache?
newer_kernel_packaged() {
  local packages
  mapfile -t packages < <(kernel_packages)
  [[ $(release_field package) != "${packages[0]} $(candidate_version "${packages[0]}")" ]]
}

# --- Fetching it --------------------------------------------------------------

# The packages that depend on the newest kernel for virtual machines, best first.
kernel_metapackages=(linux-image-cloud-amd64 linux-image-kvm linux-image-virtual linux-image-generic)

# kernel_packages: the real packages, the one with the kernel first.
kernel_packages() {
  local meta image
  for meta in "${kernel_metapackages[@]}"; do
    image=$(dependencies "$meta" | grep -m 1 -E '^linux-image-(unsigned-)?[0-9]') || continue
    say "$image"
    # Debian 12 and 13 put all into one package; Ubuntu the modules into another,
    # and Debian 14 each of its parts.
    dependencies "$image" | grep -E '^linux-(modules|binary|base)-[0-9]' || true
    return
  done
  die "no package has a kernel for the lab (${kernel_metapackages[*]})"
}

dependencies() {
  apt-cache depends --important "$1" 2>/dev/null | sed -n 's/^ *|*Depends: //p'
}

candidate_version() { apt-cache policy "$1" | awk '$1 == "Candidate:" { print $2; exit }'; }

fetch_kernel() {
  local package packages tree=$scratch/tree new
  mapfile -t packages < <(kernel_packages)
  package=${packages[0]}
  [[ -n $package ]] || exit 1  # kernel_packages has said why.
  say "Fetching the lab's kernel, $package $(candidate_version "$package"), into $kernel"
  say "(unpacked there, not installed)."

  (cd "$scratch" && apt download "${packages[@]}")
  mkdir "$tree"
  for package in "$scratch"/*.deb; do
    dpkg-deb -x "$package" "$tree" || die "$package cannot be unpacked; see above"
  done

  new=$(mktemp -d "$cache/kernel.new.XXXXXX")
  at_exit "rm -rf -- '$new'"
  arrange_kernel "$tree" "$new" "${packages[0]}"
  replace_kernel "$new"
}

# arrange_kernel TREE NEW PACKAGE: fills NEW from the unpacked packages in TREE.
arrange_kernel() {
  local tree=$1 new=$2 package=$3 release modules vmlinuz
  # Some packages have /usr/lib/modules, and depmod looks in /lib/modules.
  if [[ ! -e $tree/lib/modules ]]; then
    modules=$(find "$tree" -type d -path '*/lib/modules' -print -quit)
    mkdir -p "$tree/lib"
    ln -s "$modules" "$tree/lib/modules"
  fi
  release=$(basename "$(find -L "$tree/lib/modules" -mindepth 1 -maxdepth 1 -type d -print -quit)")
  vmlinuz=$(find "$tree" -type f -name 'vmlinuz*' -print -quit)
  [[ -n $vmlinuz ]] || die "there is no kernel in $package"
  install -m 644 "$vmlinuz" "$new/vmlinuz"

  mkdir "$new/modules"
  depmod -b "$tree" "$release"
  module_files "$tree" "$release" | while read -r file; do
    copy_module "$file" "$new/modules"
  done >"$new/modules/load-order"

  {
    say "$release"
    say "package $package $(candidate_version "$package")"
    say "recipe $(recipe_digest)"
    say "content $(content_digest "$new")"
  } >"$new/release"
  chmod -R u=rwX,go=rX "$new"
}

# module_files TREE RELEASE: the files of all wanted modules, each after those
# that it depends on, and each once.
module_files() {
  local tree=$1 release=$2 module
  for module in "${required_modules[@]}" "${optional_modules[@]}"; do
    # The configuration of this host's modprobe is not the lab's.
    if ! modprobe -d "$tree" -C /dev/null -S "$release" --show-depends "$module" 2>/dev/null; then
      is_optional "$module" || die "the kernel package has no module $module"
    fi
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

is_optional() { [[ " ${optional_modules[*]} " == *" $1 "* ]]; }

# copy_module FILE DIR: decompresses it into DIR and prints its new name.
copy_module() {
  local name=${1##*/}
  name=${name%%.ko*}.ko
  case $1 in
    *.ko) cp -- "$1" "$2/$name" ;;
    *.ko.xz) xz -dc -- "$1" >"$2/$name" ;;
    *.ko.zst) zstd -qdc -- "$1" >"$2/$name" ;;
    *.ko.gz) gzip -dc -- "$1" >"$2/$name" ;;
    *) die "what kind of file is the module $1?" ;;
  esac
  say "$name"
}

# A directory cannot be replaced in one step. Between these two there is none,
# and the next ./setup would fetch it again.
replace_kernel() {
  if [[ -e $kernel ]]; then
    at_exit "rm -rf -- '$1.old'"
    mv -T -- "$kernel" "$1.old"
  fi
  mv -T -- "$1" "$kernel"
}
