// The end of what a process began by reading or writing s3:// paths.
#pragma once

namespace headrace {

/// To be called once before main() returns, when no operation is running and no file is open any more. Without it, a
/// process that used a store may crash while it exits, after its work was done. Stores cannot be used again after it.
void end_stores();

}  // namespace headrace
