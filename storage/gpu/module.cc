// FAISS on CUDA devices: the functions of storage/gpu_module.h, with every exception turned into
// code and text. FAISS aborts on most errors of CUDA, so devices are counted before it is touched.
#include <cuda_runtime_api.h>
#include <faiss/IndexIVF.h>
#include <faiss/gpu/GpuCloner.h>
#include <faiss/gpu/GpuIndexIVFFlat.h>
#include <faiss/gpu/GpuIndexIVFPQ.h>
#include <faiss/gpu/StandardGpuResources.h>
#include <faiss/impl/FaissException.h>
#include <faiss/impl/io.h>
#include <faiss/index_io.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "base/error.h"
#include "storage/gpu_module.h"
#include "storage/internal/training_stop.h"

namespace csn {
namespace {

constexpr int kBitsOfCode = 8;
// Rows that go to the device at a time: 256 MB of 64 dimensions.
constexpr size_t kRowsTogether = 1 << 20;

int CountDevices(std::string* why) {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaSuccess && count > 0) return count;
  cudaGetLastError();  // it would be taken for the next call's
  *why = error == cudaSuccess ? "there is no CUDA device" : cudaGetErrorString(error);
  return 0;
}

// What FAISS works with on a device, by one call at a time: it is not thread-safe, and takes a
// gigabyte or two, so all calls share it.
struct DeviceResources {
  std::mutex mutex;
  faiss::gpu::StandardGpuResources resources;
};

DeviceResources& ResourcesOf(int device) {
  static std::mutex mutex;
  static std::map<int, std::unique_ptr<DeviceResources>> all;
  const std::lock_guard lock(mutex);
  std::unique_ptr<DeviceResources>& resources = all[device];
  if (resources == nullptr) resources = std::make_unique<DeviceResources>();
  return *resources;
}

std::unique_ptr<faiss::gpu::GpuIndexIVF> EmptyLists(faiss::gpu::StandardGpuResources& resources,
                                                    int device, const IndexKey& key, int dim) {
  std::unique_ptr<faiss::gpu::GpuIndexIVF> index;
  if (key.kind == IndexKind::kLists) {
    faiss::gpu::GpuIndexIVFFlatConfig config;
    config.device = device;
    index = std::make_unique<faiss::gpu::GpuIndexIVFFlat>(&resources, dim, key.lists,
                                                          faiss::METRIC_L2, config);
  } else {
    faiss::gpu::GpuIndexIVFPQConfig config;
    config.device = device;
    index = std::make_unique<faiss::gpu::GpuIndexIVFPQ>(&resources, dim, key.lists, key.code_bytes,
                                                        kBitsOfCode, faiss::METRIC_L2, config);
  }
  index->cp.min_points_per_centroid = 1;  // else it warns on stderr
  return index;
}

std::vector<uint8_t> BuildOn(int device, const IndexKey& key, MatrixView vectors,
                             const StopFlag* stop) {
  DeviceResources& shared = ResourcesOf(device);
  const std::lock_guard lock(shared.mutex);
  const internal::TrainingStop training_stop(stop);
  const std::unique_ptr<faiss::gpu::GpuIndexIVF> index =
      EmptyLists(shared.resources, device, key, static_cast<int>(vectors.cols));
  index->train(static_cast<int64_t>(vectors.rows), vectors.data);
  for (size_t row = 0; row < vectors.rows; row += kRowsTogether) {
    ThrowIfStopped(stop);
    index->add(static_cast<int64_t>(std::min(kRowsTogether, vectors.rows - row)),
               vectors.Row(row).data());
  }
  const std::unique_ptr<faiss::Index> whole(faiss::gpu::index_gpu_to_cpu(index.get()));
  faiss::VectorIOWriter writer;
  faiss::write_index(whole.get(), &writer);
  return std::move(writer.data);
}

bool BuildLists(int device, const IndexKey& key, MatrixView vectors, const StopFlag* stop,
                std::vector<uint8_t>* file, ModuleError* error) {
  try {
    std::string why;
    const int count = CountDevices(&why);
    if (device >= count) Fail(ErrorCode::kFailed, "{}", count == 0 ? why : "no such device");
    *file = BuildOn(device, key, vectors, stop);
    return true;
  } catch (const Error& e) {
    *error = {e.code(), e.what()};
  } catch (const faiss::FaissException& e) {
    *error = {stop != nullptr && stop->requested() ? ErrorCode::kInterrupted : ErrorCode::kFailed,
              e.what()};
  } catch (const std::exception& e) {
    *error = {ErrorCode::kFailed, e.what()};
  }
  return false;
}

constexpr GpuModuleApi kApi{kGpuModuleVersion, &CountDevices, &BuildLists};

}  // namespace
}  // namespace csn

extern "C" __attribute__((visibility("default"))) const csn::GpuModuleApi* csn_faiss_gpu_api() {
  return &csn::kApi;
}
