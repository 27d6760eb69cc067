#include "embedder/internal/state_dict.h"

#include <bit>
#include <cstring>
#include <deque>
#include <map>
#include <string_view>
#include <utility>
#include <variant>

#include "base/error.h"

namespace csn::internal {
namespace {

// What a machine without code can hold. Tuples and lists are one: both are sequences.
struct Value;
using ValuePointer = Value*;  // the Unpickler's: a pickle may make circles of them
using Sequence = std::vector<ValuePointer>;
using Dictionary = std::vector<std::pair<ValuePointer, ValuePointer>>;
struct Mark {};    // begins the arguments of an opcode
struct Opaque {};  // whatever does not matter: None, floats, objects of unknown classes
struct Global {
  std::string name;  // "module.name"
};
struct Storage {
  std::string key, type;
};
struct Value {
  std::variant<Opaque, Mark, int64_t, std::string, Sequence, Dictionary, Global, Storage,
               PickledTensor>
      held;
};

constexpr int kMostNested = 100;
constexpr size_t kMostItems = 1'000'000;  // a few bytes of pickle can nest dictionaries of billions

// Opcodes, by the names of Python's pickletools.
enum Opcode : uint8_t {
  kMark = '(',
  kStop = '.',
  kPop = '0',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBinString = 'T',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyList = ']',
  kEmptyDict = '}',
  kEmptyTuple = ')',
  kProto = 0x80,
  kNewObj = 0x81,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
  kShortBinUnicode = 0x8c,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
};

class Unpickler {
 public:
  explicit Unpickler(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  // The value lives as long as this.
  const Value& Run() {
    while (true) {
      const auto opcode = Take<uint8_t>();
      if (opcode == kStop) return *Pop();
      Step(opcode);
    }
  }

 private:
  template <typename T>
  T Take() {
    T value;
    std::memcpy(&value, TakeBytes(sizeof value).data(), sizeof value);
    return value;
  }

  std::span<const uint8_t> TakeBytes(uint64_t count) {
    if (count > bytes_.size()) Fail(ErrorCode::kCorruption, "its pickle ends early");
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }

  std::string TakeText(uint64_t length) {
    const auto bytes = TakeBytes(length);
    return {bytes.begin(), bytes.end()};
  }

  std::string TakeLine() {
    std::string line;
    for (uint8_t c = Take<uint8_t>(); c != '\n'; c = Take<uint8_t>()) {
      line += static_cast<char>(c);
    }
    return line;
  }

  void Push(auto&& held) {
    stack_.push_back(&values_.emplace_back(Value{std::forward<decltype(held)>(held)}));
  }

  ValuePointer Pop() {
    if (stack_.empty()) Fail(ErrorCode::kCorruption, "its pickle takes more than it has");
    const ValuePointer value = stack_.back();
    stack_.pop_back();
    return value;
  }

  // The last `count` values, taken from the stack.
  Sequence PopSequence(size_t count) {
    Sequence values(count);
    for (size_t i = count; i > 0; --i) values[i - 1] = Pop();
    return values;
  }

  // All above the last mark, which goes too.
  Sequence PopToMark() {
    size_t count = 0;
    while (count < stack_.size() &&
           !std::holds_alternative<Mark>(stack_[stack_.size() - 1 - count]->held)) {
      ++count;
    }
    Sequence values = PopSequence(count);
    Pop();
    return values;
  }

  Value& Top() {
    if (stack_.empty()) Fail(ErrorCode::kCorruption, "its pickle takes more than it has");
    return *stack_.back();
  }

  template <typename T>
  static const T& As(ValuePointer value, std::string_view expected) {
    const T* held = std::get_if<T>(&value->held);
    if (held == nullptr)
      Fail(ErrorCode::kCorruption, "its pickle holds no {} where one must be", expected);
    return *held;
  }

  // A dictionary or an object whose items do not matter.
  void SetItems(const Sequence& values) {
    auto* dictionary = std::get_if<Dictionary>(&Top().held);
    if (dictionary == nullptr) return;
    if (values.size() % 2 != 0)
      Fail(ErrorCode::kCorruption, "its pickle holds a key without value");
    for (size_t i = 0; i < values.size(); i += 2) {
      dictionary->emplace_back(values[i], values[i + 1]);
    }
  }

  void Append(const Sequence& values) {
    auto* sequence = std::get_if<Sequence>(&Top().held);
    if (sequence == nullptr) return;
    sequence->insert(sequence->end(), values.begin(), values.end());
  }

  // ('storage', torch.FloatStorage, key, device, elements)
  void PushStorage(ValuePointer id) {
    const auto& parts = As<Sequence>(id, "storage");
    if (parts.size() < 3) Fail(ErrorCode::kCorruption, "its pickle names no storage");
    const std::string& type = As<Global>(parts[1], "storage type").name;
    Push(Storage{As<std::string>(parts[2], "storage key"), type.substr(type.rfind('.') + 1)});
  }

  static std::vector<int64_t> Integers(ValuePointer value) {
    std::vector<int64_t> numbers;
    for (const ValuePointer number : As<Sequence>(value, "shape")) {
      numbers.push_back(As<int64_t>(number, "whole number"));
    }
    return numbers;
  }

  // What torch.save calls to build a tensor, told by name: the arguments say all.
  void PushResult(ValuePointer function, ValuePointer arguments) {
    const auto* global = std::get_if<Global>(&function->held);
    const std::string name = global == nullptr ? "" : global->name;
    if (name == "collections.OrderedDict") return Push(Dictionary{});
    if (name == "torch._utils._rebuild_tensor_v2") {
      const auto& parts = As<Sequence>(arguments, "tensor");
      if (parts.size() < 4) Fail(ErrorCode::kCorruption, "its pickle holds half a tensor");
      const auto& storage = As<Storage>(parts[0], "storage");
      return Push(PickledTensor{.name = {},
                                .storage = storage.key,
                                .type = storage.type,
                                .offset = As<int64_t>(parts[1], "offset"),
                                .shape = Integers(parts[2]),
                                .strides = Integers(parts[3])});
    }
    if (name == "torch._utils._rebuild_parameter") {
      const auto& parts = As<Sequence>(arguments, "parameter");
      if (parts.empty()) Fail(ErrorCode::kCorruption, "its pickle holds half a parameter");
      stack_.push_back(parts[0]);
      return;
    }
    Push(Opaque{});
  }

  void Remember(uint64_t key) { memo_[key] = stack_.empty() ? nullptr : stack_.back(); }
  void Recall(uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end() || found->second == nullptr) {
      Fail(ErrorCode::kCorruption, "its pickle recalls what it has not kept");
    }
    stack_.push_back(found->second);
  }

  int64_t TakeLong() {
    const auto bytes = TakeBytes(Take<uint8_t>());
    if (bytes.size() > sizeof(int64_t))
      Fail(ErrorCode::kCorruption, "its pickle holds a number beyond 64 bits");
    int64_t value = !bytes.empty() && (bytes.back() & 0x80) != 0 ? -1 : 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }

  void Step(uint8_t opcode) {
    switch (opcode) {
      case kProto:
        Take<uint8_t>();
        return;
      case kFrame:
        Take<uint64_t>();
        return;
      case kMark:
        return Push(Mark{});
      case kPop:
        Pop();
        return;
      case kNone:
      case kNewTrue:
      case kNewFalse:
        return Push(Opaque{});
      case kBinFloat:
        Take<uint64_t>();
        return Push(Opaque{});
      case kBinInt:
        return Push(int64_t{Take<int32_t>()});
      case kBinInt1:
        return Push(int64_t{Take<uint8_t>()});
      case kBinInt2:
        return Push(int64_t{Take<uint16_t>()});
      case kLong1:
        return Push(TakeLong());
      case kBinString:
      case kBinUnicode:
        return Push(TakeText(Take<uint32_t>()));
      case kShortBinString:
      case kShortBinUnicode:
        return Push(TakeText(Take<uint8_t>()));
      case kEmptyDict:
        return Push(Dictionary{});
      case kEmptyList:
      case kEmptyTuple:
        return Push(Sequence{});
      default:
        return StepOnStack(opcode);
    }
  }

  void StepOnStack(uint8_t opcode) {
    switch (opcode) {
      case kTuple:
        return Push(PopToMark());
      case kTuple1:
      case kTuple2:
      case kTuple3:
        return Push(PopSequence(opcode - kTuple1 + 1u));
      case kSetItem:
        return SetItems(PopSequence(2));
      case kSetItems:
        return SetItems(PopToMark());
      case kAppend:
        return Append(PopSequence(1));
      case kAppends:
        return Append(PopToMark());
      case kBuild:  // an object's attributes, of which none is a tensor that counts
        Pop();
        return;
      case kBinPersId:
        return PushStorage(Pop());
      case kGlobal: {
        const std::string module = TakeLine();
        return Push(Global{module + "." + TakeLine()});
      }
      case kStackGlobal: {
        const Sequence names = PopSequence(2);
        return Push(
            Global{As<std::string>(names[0], "module") + "." + As<std::string>(names[1], "name")});
      }
      case kReduce:
      case kNewObj: {
        const Sequence call = PopSequence(2);
        return PushResult(call[0], call[1]);
      }
      case kBinPut:
        return Remember(Take<uint8_t>());
      case kLongBinPut:
        return Remember(Take<uint32_t>());
      case kMemoize:
        return Remember(memo_.size());
      case kBinGet:
        return Recall(Take<uint8_t>());
      case kLongBinGet:
        return Recall(Take<uint32_t>());
      default:
        Fail(ErrorCode::kCorruption, "its pickle holds opcode 0x{:02x}, which no state dict needs",
             opcode);
    }
  }

  std::span<const uint8_t> bytes_;
  std::deque<Value> values_;
  std::vector<ValuePointer> stack_;
  std::map<uint64_t, ValuePointer> memo_;
};

class Collector {
 public:
  void Collect(const Value& value, const std::string& name, int depth) {
    if (depth > kMostNested || ++items_ > kMostItems) {
      Fail(ErrorCode::kCorruption, "its dictionaries are nested too deep");
    }
    if (const auto* tensor = std::get_if<PickledTensor>(&value.held)) {
      tensors_.push_back(*tensor);
      tensors_.back().name = name;
    } else if (const auto* dictionary = std::get_if<Dictionary>(&value.held)) {
      for (const auto& [key, item] : *dictionary) {
        const auto* text = std::get_if<std::string>(&key->held);
        if (text == nullptr) continue;
        Collect(*item, name.empty() ? *text : name + "/" + *text, depth + 1);
      }
    }
  }
  std::vector<PickledTensor> Take() { return std::move(tensors_); }

 private:
  size_t items_ = 0;
  std::vector<PickledTensor> tensors_;
};

}  // namespace

std::vector<PickledTensor> ReadPickledTensors(std::span<const uint8_t> pickle) {
  static_assert(std::endian::native == std::endian::little, "pickles are little-endian");
  Unpickler unpickler(pickle);
  Collector collector;
  collector.Collect(unpickler.Run(), "", 0);
  return collector.Take();
}

}  // namespace csn::internal
