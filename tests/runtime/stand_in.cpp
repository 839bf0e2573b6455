// A device that is not the CPU, for machines without one: torch's open slot for backends (PrivateUse1) on host memory.
//
// A tensor on it is another device's to torch, so whatever mixes it with one of the CPU, reads it as numpy or draws
// into it with a generator of the CPU fails as on a GPU. Operators compute by the CPU's kernels on copies, so that the
// results are the CPU's own; only those that a copy cannot stand for (memory, views, batch norms with their running
// statistics, and convolutions, which torch leaves to each backend) are written here.

#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/resize_native.h>
#include <ATen/ops/set_native.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/FakeGuardImpl.h>
#include <c10/core/impl/alloc_cpu.h>
#include <torch/library.h>

namespace {

constexpr auto kStandIn = c10::DeviceType::PrivateUse1;
constexpr auto kKey = c10::DispatchKeySet(c10::DispatchKey::PrivateUse1);
using Guard = c10::impl::FakeGuardImpl<kStandIn>;

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard)

struct HostMemory final : at::Allocator {
  at::DataPtr allocate(size_t bytes) override {
    void* data = c10::alloc_cpu(bytes);
    return {data, data, &c10::free_cpu, Guard{}.getDevice()};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &c10::free_cpu; }
  void copy_data(void* to, const void* from, size_t bytes) const override { default_copy_data(to, from, bytes); }
};

HostMemory memory;
REGISTER_ALLOCATOR(kStandIn, &memory)

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  void resizePrivateUse1Bytes(const c10::Storage& storage, size_t bytes) const override {
    at::DataPtr larger = memory.allocate(bytes);
    memory.copy_data(larger.mutable_get(), storage.data(), std::min(bytes, storage.nbytes()));
    storage.set_data_ptr_noswap(std::move(larger));
    storage.set_nbytes(bytes);
  }
};

[[maybe_unused]] const bool registered = (at::RegisterPrivateUse1HooksInterface(new Hooks), true);

at::Tensor empty(c10::SymIntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                 std::optional<at::Device> device, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  c10::OptionalDeviceGuard guard(device);
  return at::detail::empty_generic(C10_AS_INTARRAYREF_SLOW(size), &memory, kKey, c10::dtype_or_default(dtype), format);
}

at::Tensor empty_strided(c10::SymIntArrayRef size, c10::SymIntArrayRef stride, std::optional<at::ScalarType> dtype,
                         std::optional<at::Layout>, std::optional<at::Device> device, std::optional<bool>) {
  c10::OptionalDeviceGuard guard(device);
  return at::detail::empty_strided_generic(C10_AS_INTARRAYREF_SLOW(size), C10_AS_INTARRAYREF_SLOW(stride), &memory, kKey,
                                           c10::dtype_or_default(dtype));
}

// The same memory as a tensor of the CPU.
at::Tensor host(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.is_cpu()) return tensor;
  return at::from_blob(const_cast<void*>(tensor.const_data_ptr()), tensor.sizes(), tensor.strides(),
                       tensor.options().device(at::kCPU));
}

std::optional<at::Tensor> host(const std::optional<at::Tensor>& tensor) {
  return tensor ? std::optional(host(*tensor)) : std::nullopt;
}

at::Tensor on(c10::Device device, const at::Tensor& tensor) { return tensor.defined() ? tensor.to(device) : tensor; }

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool) {
  host(to).copy_(host(from));
  return to;
}

at::Tensor copy_from_and_resize(const at::Tensor& from, const at::Tensor& to) {
  to.resize_(from.sizes());
  return copy_from(from, to, false);
}

at::Tensor convolution(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                       at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                       at::IntArrayRef output_padding, int64_t groups) {
  return on(input.device(), at::convolution(host(input), host(weight), host(bias), stride, padding, dilation, transposed,
                                            output_padding, groups));
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(
    const at::Tensor& gradient, const at::Tensor& input, const at::Tensor& weight, at::IntArrayRef stride,
    at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed, at::IntArrayRef output_padding, int64_t groups,
    std::array<bool, 3> wanted) {
  const int64_t outputs = transposed ? weight.size(1) * groups : weight.size(0);
  auto [of_input, of_weight, of_bias] =
      at::convolution_backward(host(gradient), host(input), host(weight), at::IntArrayRef(outputs), stride, padding,
                               dilation, transposed, output_padding, groups, wanted);
  return {on(input.device(), of_input), on(input.device(), of_weight), on(input.device(), of_bias)};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> batch_norm(
    const at::Tensor& input, const std::optional<at::Tensor>& weight, const std::optional<at::Tensor>& bias,
    const std::optional<at::Tensor>& mean, const std::optional<at::Tensor>& variance, bool training, double momentum,
    double epsilon) {
  auto [normed, used_mean, used_deviation] = at::native_batch_norm(
      host(input), host(weight), host(bias), host(mean), host(variance), training, momentum, epsilon);
  return {on(input.device(), normed), on(input.device(), used_mean), on(input.device(), used_deviation)};
}

// As a GPU's kernels do: numbers of the CPU are welcome, tensors and generators of it are not; indices may be.
void refuse_mixed(const c10::OperatorHandle& op, const c10::IValue& argument) {
  auto refuse = [&](bool mixed) {
    TORCH_CHECK(!mixed, op.schema().name(), ": tensors and generators of one device needed, got the CPU's as well");
  };
  if (argument.isTensor()) {
    const at::Tensor& tensor = argument.toTensor();
    refuse(tensor.defined() && tensor.is_cpu() && tensor.dim() > 0);
  } else if (argument.isTensorList()) {
    for (const at::Tensor& tensor : argument.toTensorVector()) refuse(tensor.is_cpu() && tensor.dim() > 0);
  } else if (argument.isGenerator()) {
    refuse(argument.toGenerator().defined());
  }
}

// The operator that mixed precision computes in its short type first of all.
at::Tensor linear_in_bfloat16(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  c10::impl::ExcludeDispatchKeyGuard once(c10::DispatchKey::AutocastPrivateUse1);
  std::optional<at::Tensor> shift = bias ? std::optional(bias->to(at::kBFloat16)) : std::nullopt;
  return at::linear(input.to(at::kBFloat16), weight.to(at::kBFloat16), shift);
}

void by_the_cpu(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  for (const c10::IValue& argument : torch::jit::last(*stack, op.schema().arguments().size())) refuse_mixed(op, argument);
  at::native::cpu_fallback(op, stack, /*error_on_views=*/true);
}

}  // namespace

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&by_the_cpu>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", &empty);
  library.impl("empty_strided", &empty_strided);
  library.impl("_copy_from", &copy_from);
  library.impl("_copy_from_and_resize", &copy_from_and_resize);
  library.impl("as_strided", &at::native::as_strided_tensorimpl);
  library.impl("view", &at::native::view);
  library.impl("_reshape_alias", &at::native::_reshape_alias);
  library.impl("unfold", &at::native::unfold);
  library.impl("resize_", &at::native::resize_);
  library.impl("set_.source_Storage", static_cast<at::Tensor& (*)(at::Tensor&, at::Storage)>(&at::native::set_));
  library.impl("set_.source_Storage_storage_offset", &at::native::set_storage_cpu_);
  library.impl("native_batch_norm", &batch_norm);
  library.impl("convolution_overrideable", &convolution);
  library.impl("convolution_backward_overrideable", &convolution_backward);
}

TORCH_LIBRARY_IMPL(_, AutocastPrivateUse1, library) { library.fallback(torch::CppFunction::makeFallthrough()); }

TORCH_LIBRARY_IMPL(aten, AutocastPrivateUse1, library) { library.impl("linear", &linear_in_bfloat16); }
