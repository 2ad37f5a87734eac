// Names and words. See words.h.
#include "bench/generate/words.h"

#include <unordered_set>

#include "bench/generate/random.h"

namespace headrace::bench {

const std::array<std::string_view, kDevices> kDeviceNames = {"mobile", "desktop", "tablet", "tv"};

const std::array<std::string_view, kCategories> kCategoryNames = {
    "electronics",   "computers",   "phones",       "audio",  "cameras",      "gaming",  "home & garden",
    "kitchen",       "furniture",   "lighting",     "tools",  "pets",         "baby",    "toys",
    "books",         "music",       "movies",       "sports", "outdoors",     "cycling", "fitness",
    "women fashion", "men fashion", "kids fashion", "shoes",  "bags",         "watches", "jewelry",
    "beauty",        "health",      "groceries",    "drinks", "travel",       "hotels",  "cars",
    "car parts",     "insurance",   "banking",      "office", "arts & crafts"};

const std::array<std::string_view, kInterests> kInterestNames = {"sports",  "music",      "travel", "food",
                                                                 "fashion", "technology", "gaming", "books",
                                                                 "movies",  "health",     "home",   "cars"};

const std::string_view kCountryCodes =
    "USINCNBRDEGBJPFRMXITESTRPHCAKRVNPLAUNLTHARCOZAEGMYUAROBESEPKNGCLPEPTGRCZCHATHUILAESGFINODKIETWHKNZMA"
    "KESABGRSHRSKLTLVEESIECVEGTDOCRPAUYBOPYHNSVNICUPRJMTTDZTNLYSDETGHTZUGCMCISNMLBFNEGMMZAOZMZWBWNARWBIMW"
    "TDGNBJTGSLLRGAMGMRCGCDGQCFSSSODJERLKBDNPMMKHLAMNKZUZKGTJTMAZGEAMIQJOLBSYYEOMQABHKWIRAFIDRUBYMDALMKME"
    "BAXKISLUMTCYMOBNTLPGFJSBVUWSTOKIFMMHPWNRTVCKNUBTMVMUSCKMCVSTLSSZGYSRBZBSBBLCVCGDAGDMKNBMKYAWCWSXBQVG";

namespace {

constexpr std::array kCommonWords = {
    "the",      "for",        "best",    "new",        "cheap",    "buy",      "with",      "and",      "online",
    "sale",     "review",     "price",   "near",       "black",    "white",    "set",       "kids",     "men",
    "women",    "small",      "large",   "free",       "shipping", "how",      "to",        "wireless", "portable",
    "outdoor",  "kitchen",    "running", "shoes",      "red",      "blue",     "green",     "pro",      "mini",
    "case",     "cover",      "chair",   "table",      "lamp",     "led",      "leather",   "wood",     "steel",
    "cotton",   "summer",     "winter",  "waterproof", "used",     "phone",    "laptop",    "monitor",  "keyboard",
    "camera",   "headphones", "speaker", "charger",    "cable",    "battery",  "bike",      "helmet",   "jacket",
    "shirt",    "dress",      "jeans",   "boots",      "socks",    "watch",    "ring",      "bag",      "backpack",
    "suitcase", "hotel",      "flight",  "insurance",  "tickets",  "guide",    "book",      "novel",    "guitar",
    "piano",    "vinyl",      "poster",  "puzzle",     "lego",     "doll",     "stroller",  "crib",     "diapers",
    "dog",      "cat",        "food",    "organic",    "coffee",   "tea",      "chocolate", "wine",     "beer",
    "olive",    "oil",        "tire",    "brake",      "engine",   "filter",   "hammer",    "drill",    "screwdriver",
    "garden",   "hose",       "plant",   "seeds",      "tent",     "sleeping", "yoga",      "mat",      "dumbbell",
    "protein",  "vitamin",    "serum",   "shampoo",    "perfume",  "lipstick", "printer",   "paper",    "desk",
    "curtain",  "carpet",     "pillow",  "mattress"};

constexpr std::array kForeignWords = {
    "für",     "größe",  "café",   "crème", "niño",   "señora",    "schön",    "kühlschrank", "façade",  "jalapeño",
    "smörgås", "øl",     "blåbær", "żółty", "čaj",    "ελιά",      "чай",      "книга",       "телефон", "鞋子",
    "手机",    "お茶",   "カメラ", "커피",  "구두",   "çay",       "ayakkabı", "chaussures",  "été",     "fenêtre",
    "möbel",   "straße", "müsli",  "pâté",  "piñata", "curaçao",   "ñandú",    "düsseldorf",  "tøj",     "köksbord",
    "lžička",  "łóżko",  "şeker",  "giày",  "rượu",   "παπούτσια", "купить",   "недорого",    "отзывы",  "コーヒー"};

/// Two to four syllables.
std::string made_up(Random& random) {
  constexpr std::array kStarts = {"b", "c", "d", "f", "g",  "h",  "j",  "k",  "l",  "m",  "n",  "p",  "r",  "s",
                                  "t", "v", "w", "z", "br", "cr", "dr", "fl", "gr", "pl", "pr", "st", "tr", "sh"};
  constexpr std::array kVowels = {"a", "e", "i", "o", "u", "a", "e", "o", "ea", "ou", "io", "ai"};
  constexpr std::array kEnds = {"", "", "", "n", "r", "l", "s", "x", "m", "nd", "rt", "st"};
  std::string word;
  for (std::int64_t left = random.between(2, 4); left > 0; --left) {
    word += kStarts[static_cast<std::size_t>(random.below(kStarts.size()))];
    word += kVowels[static_cast<std::size_t>(random.below(kVowels.size()))];
  }
  return word + kEnds[static_cast<std::size_t>(random.below(kEnds.size()))];
}

std::string capitalized(std::string word) {
  word[0] = static_cast<char>(word[0] - 'a' + 'A');
  return word;
}

std::string url_encoded(std::string_view word) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (char c : word) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kHex[byte >> 4];
      encoded += kHex[byte & 15];
    }
  }
  return encoded;
}

}  // namespace

WordList::WordList(std::size_t count) {
  std::unordered_set<std::string> seen;
  auto append = [&](const std::string& text) {
    auto at = static_cast<std::uint32_t>(bytes_.size());
    bytes_ += text;
    return at;
  };
  auto add = [&](const std::string& word) {
    if (!seen.insert(word).second) return;
    std::string encoded = url_encoded(word);
    std::uint32_t plain = append(word);
    words_.push_back({.plain = plain,
                      .encoded = encoded == word ? plain : append(encoded),
                      .plain_size = static_cast<std::uint16_t>(word.size()),
                      .encoded_size = static_cast<std::uint16_t>(encoded.size())});
  };
  for (std::string_view word : kCommonWords) add(std::string(word));
  Random random(Stream::kWord, 0);
  std::size_t foreign = 0;
  while (words_.size() < count) {
    // The words that are not ASCII come in between, one for each dozen made-up ones.
    if (words_.size() % 12 == 0 && foreign < kForeignWords.size()) add(kForeignWords[foreign++]);
    add(made_up(random));
  }
}

std::vector<std::string> make_domains(std::size_t count) {
  constexpr std::array kEnds = {".com", ".com", ".com", ".net", ".org", ".de", ".co.uk", ".fr", ".io", ".com.br"};
  constexpr std::array kKinds = {"", "", "-shop", "-news", "-online", "market", "-store", "times", "blog", "daily"};
  std::vector<std::string> domains;
  std::unordered_set<std::string> seen;
  Random random(Stream::kName, 0);
  while (domains.size() < count) {
    std::string domain = random.chance(0.7) ? "www." : "";
    domain += made_up(random);
    domain += kKinds[static_cast<std::size_t>(random.below(kKinds.size()))];
    domain += kEnds[static_cast<std::size_t>(random.below(kEnds.size()))];
    if (seen.insert(domain).second) domains.push_back(domain);
  }
  return domains;
}

std::vector<std::string> make_names(std::size_t count, int series) {
  constexpr std::array kEnds = {"",      "",     "",      "",     " & Co",   " Group",
                                " GmbH", " Ltd", " Labs", " Søn", " Frères", " Média"};
  std::vector<std::string> names;
  std::unordered_set<std::string> seen;
  Random random(Stream::kName, series);
  while (names.size() < count) {
    std::string name = capitalized(made_up(random));
    if (random.chance(0.2)) name += " " + capitalized(made_up(random));
    name += kEnds[static_cast<std::size_t>(random.below(kEnds.size()))];
    if (seen.insert(name).second) names.push_back(name);
  }
  return names;
}

std::string slug(std::string_view name) {
  std::string text;
  for (char c : name) {
    bool is_letter = c >= 'a' && c <= 'z';
    if (is_letter) text += c;
    if (!is_letter && !text.empty() && text.back() != '-') text += '-';
  }
  return text;
}

}  // namespace headrace::bench
