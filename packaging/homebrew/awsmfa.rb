# Filled in by `npm run release`, for a tap. The tarball is the one that npm has, byte for byte.
class Awsmfa < Formula
  desc "Renew the AWS CLI's MFA session with zero input"
  homepage "@REPOSITORY@"
  url "https://registry.npmjs.org/awsmfa/-/awsmfa-@VERSION@.tgz"
  sha256 "@TARBALL_SHA256@"
  license "Apache-2.0"

  depends_on "node"
  on_linux do
    depends_on "libsecret"
  end

  def install
    system "npm", "install", *std_npm_args
    bin.install_symlink libexec.glob("bin/*")
    man1.install_symlink libexec.glob("lib/node_modules/awsmfa/dist/awsmfa.1")
    generate_completions_from_executable(bin/"awsmfa", "completion")
  end

  test do
    assert_match "awsmfa #{version} ", shell_output("#{bin}/awsmfa --version")
  end
end
