# Functions for scripts that need the oldest compiler that the manifests promise, or the standard library of another target.
#
# rustup offers the newest toolchain only where this runs, for this machine only. The compiler here is Debian's package for web browsers,
# unpacked into `target/` and not installed. cargo stays the new one. To be read with `source`, in the root of the repository.
# shellcheck shell=bash

promised=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
toolchain=$PWD/target/rust-$promised

# The archive has newer ones beside it: the compiler, its library and its driver must be of one version.
version_in_archive() {
    apt-cache madison "libstd-rust-web-$promised" | awk 'NR == 1 { print $3 }'
}

# Unpacks packages of Debian into the folder of the compiler. `VERSION` in a name is that of the compiler.
unpack() {
    local version package sudo=() archives=$toolchain/archives
    version=$(version_in_archive)
    if [[ -z $version ]]; then
        ((EUID == 0)) || sudo=(sudo)
        "${sudo[@]}" apt-get --quiet=2 update
        version=$(version_in_archive)
    fi
    mkdir -p "$archives"
    # apt warns that its own user cannot write here, which is no failure.
    (cd "$archives" && apt-get --quiet=2 download "${@//VERSION/$version}")
    for package in "$archives"/*.deb; do
        dpkg -x "$package" "$toolchain"
    done
    rm -r "$archives"
}

# Writes a program that runs another of the packages with the libraries beside it.
write_program() {
    local name=$1 program=$toolchain/usr/bin/$2
    printf '#!/bin/sh\nexport LD_LIBRARY_PATH="%s"\nexec "%s" "$@"\n' "$toolchain/usr/lib/$(gcc -print-multiarch)" "$program" \
        >"$toolchain/$name"
    chmod +x "$toolchain/$name"
}

# Sets `RUSTC` to the old compiler.
use_old_compiler() {
    local version
    [[ -x $toolchain/usr/bin/rustc ]] ||
        unpack rustc-web=VERSION "libstd-rust-web-$promised=VERSION" libstd-rust-web-dev=VERSION libllvm19
    write_program rustc rustc
    export RUSTC=$toolchain/rustc
    version=$("$RUSTC" --version)
    printf '%s\n' "$version"
    if [[ $version != "rustc $promised."* ]]; then
        printf 'error: the manifests promise Rust %s, and the package is %s\n' "$promised" "$version" >&2
        return 1
    fi
}

# Sets what `cargo -Zbuild-std --target ..` needs: the sources of the standard library, and linkers.
#
# This switch and `RUSTC_BOOTSTRAP` are here for nothing but the standard library of a target. With rustup it would be
# `rustup target add`.
use_compiler_of_targets() {
    use_old_compiler
    [[ -d $toolchain/usr/lib/rustlib/src/rust/library && -x $toolchain/usr/bin/lld-19 ]] || unpack rust-web-src=VERSION lld-19
    write_program wasm-ld wasm-ld-19
    write_program ld.lld ld.lld-19
    # The old compiler calls items unreachable that newer ones do not; lints are checked with the newest.
    lints='-A unreachable_pub'
    export RUSTC_BOOTSTRAP=1
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$toolchain/wasm-ld
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-C linker-flavor=wasm-ld $lints"
    export CARGO_TARGET_THUMBV6M_NONE_EABI_LINKER=$toolchain/ld.lld
    export CARGO_TARGET_THUMBV6M_NONE_EABI_RUSTFLAGS="-C linker-flavor=ld.lld $lints"
    export CARGO_TARGET_RISCV32IMC_UNKNOWN_NONE_ELF_LINKER=$toolchain/ld.lld
    export CARGO_TARGET_RISCV32IMC_UNKNOWN_NONE_ELF_RUSTFLAGS="-C linker-flavor=ld.lld $lints"
}

# Installs Debian's packages of programs that are not found: `install_programs PROGRAM=PACKAGE ..`.
install_programs() {
    local pair missing=() sudo=()
    for pair in "$@"; do
        command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
    done
    ((${#missing[@]})) || return 0
    ((EUID == 0)) || sudo=(sudo)
    "${sudo[@]}" apt-get update
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install --yes --no-install-recommends "${missing[@]}"
}
