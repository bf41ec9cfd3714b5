#pragma once

#include <string>
#include <string_view>

/// What must not be read in a journal, a message or an answer: passwords and keys of the
/// configuration. Nothing of ours prints them; but a server or a provider may repeat what it was
/// told, and then it is taken out at the door.
namespace portfoliod {

/// From now on; one of fewer than four characters is none. As it is, and as it stands in an address.
void keep_secret(std::string_view value);

/// The same text with "(secret)" in the place of each.
std::string without_secrets(std::string_view text);

} // namespace portfoliod
