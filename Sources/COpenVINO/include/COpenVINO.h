// OpenVINO's C API behind a table of function pointers, filled by dlopen: building and testing need only
// its headers, and a missing library is a readable error instead of a loader abort.
#ifndef HARRIER_COPENVINO_H
#define HARRIER_COPENVINO_H

#include <openvino/c/openvino.h>
#include <stddef.h>

#define HARRIER_OPENVINO_FUNCTIONS(X)                    \
  X(ov_get_openvino_version)                             \
  X(ov_version_free)                                     \
  X(ov_get_error_info)                                   \
  X(ov_get_last_err_msg)                                 \
  X(ov_free)                                             \
  X(ov_core_create)                                      \
  X(ov_core_free)                                        \
  X(ov_core_read_model)                                  \
  X(ov_core_compile_model_props)                         \
  X(ov_core_get_property)                                \
  X(ov_core_get_available_devices)                       \
  X(ov_available_devices_free)                           \
  X(ov_model_free)                                       \
  X(ov_model_const_input_by_index)                       \
  X(ov_model_const_output_by_index)                      \
  X(ov_model_inputs_size)                                \
  X(ov_model_outputs_size)                               \
  X(ov_model_reshape_by_port_indexes)                    \
  X(ov_port_get_partial_shape)                           \
  X(ov_port_get_any_name)                                \
  X(ov_output_const_port_free)                           \
  X(ov_partial_shape_create_static)                      \
  X(ov_partial_shape_free)                               \
  X(ov_preprocess_prepostprocessor_create)               \
  X(ov_preprocess_prepostprocessor_free)                 \
  X(ov_preprocess_prepostprocessor_get_input_info_by_index) \
  X(ov_preprocess_input_info_free)                       \
  X(ov_preprocess_input_info_get_tensor_info)            \
  X(ov_preprocess_input_tensor_info_free)                \
  X(ov_preprocess_input_tensor_info_set_element_type)    \
  X(ov_preprocess_input_tensor_info_set_layout)          \
  X(ov_preprocess_input_info_get_preprocess_steps)       \
  X(ov_preprocess_preprocess_steps_free)                 \
  X(ov_preprocess_preprocess_steps_convert_element_type) \
  X(ov_preprocess_preprocess_steps_scale)                \
  X(ov_preprocess_preprocess_steps_scale_multi_channels) \
  X(ov_preprocess_preprocess_steps_mean_multi_channels)  \
  X(ov_preprocess_preprocess_steps_reverse_channels)     \
  X(ov_preprocess_input_info_get_model_info)             \
  X(ov_preprocess_input_model_info_free)                 \
  X(ov_preprocess_input_model_info_set_layout)           \
  X(ov_preprocess_prepostprocessor_get_output_info_by_index) \
  X(ov_preprocess_output_info_free)                      \
  X(ov_preprocess_output_info_get_tensor_info)           \
  X(ov_preprocess_output_tensor_info_free)               \
  X(ov_preprocess_output_set_element_type)               \
  X(ov_preprocess_prepostprocessor_build)                \
  X(ov_layout_create)                                    \
  X(ov_layout_free)                                      \
  X(ov_compiled_model_free)                              \
  X(ov_compiled_model_get_property)                      \
  X(ov_compiled_model_create_infer_request)              \
  X(ov_infer_request_free)                               \
  X(ov_infer_request_get_input_tensor_by_index)          \
  X(ov_infer_request_get_output_tensor_by_index)         \
  X(ov_infer_request_set_callback)                       \
  X(ov_infer_request_start_async)                        \
  X(ov_infer_request_wait)                               \
  X(ov_infer_request_infer)                              \
  X(ov_tensor_free)                                      \
  X(ov_tensor_data)                                      \
  X(ov_tensor_get_byte_size)                             \
  X(ov_tensor_get_shape)                                 \
  X(ov_shape_free)

/// The functions above under their own names.
typedef struct harrier_openvino {
  void *handle;
#define HARRIER_OPENVINO_FIELD(name) __typeof__(name) *name;
  HARRIER_OPENVINO_FUNCTIONS(HARRIER_OPENVINO_FIELD)
#undef HARRIER_OPENVINO_FIELD
} harrier_openvino;

/// Loads the library at `path` and fills `table`. 0, or -1 with a message in `error`.
int harrier_openvino_load(const char *path, harrier_openvino *table, char *error, size_t error_size);

#endif
